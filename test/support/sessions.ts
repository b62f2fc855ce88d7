/** Small invented sessions, written as the clients of several formats write them. */
import { createHash } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type Branch = 'active' | 'side';

/** One thing that happens; `side` is done by a sub-agent. */
export type Happening =
  | { readonly person: string; readonly branch: Branch }
  | { readonly agent: string; readonly branch: Branch }
  | { readonly interrupt: true; readonly branch: Branch }
  | {
      readonly tool: string;
      readonly input: Readonly<Record<string, unknown>>;
      readonly result: string;
      readonly outcome: 'ok' | 'failed' | 'refused';
      readonly branch: Branch;
    };

export interface Session {
  readonly id: string;
  /** Time of the first record; each one after it comes a minute later. */
  readonly start: string;
  readonly folder: string;
  readonly happenings: readonly Happening[];
}

export const person = (text: string): Happening => ({ person: text, branch: 'active' });
export const agent = (text: string): Happening => ({ agent: text, branch: 'active' });
export const interrupt: Happening = { interrupt: true, branch: 'active' };

export function used(tool: string, input: Readonly<Record<string, unknown>>, result: string): Happening {
  return { tool, input, result, outcome: 'ok', branch: 'active' };
}

/** A shell command that succeeds. */
export const ran = (command: string, result = ''): Happening => used('Bash', { command }, result);

/** A shell command that fails, with what its client makes of that. */
export function failed(command: string, output: string): Happening {
  return { tool: 'Bash', input: { command }, result: `Exit code 1\n${output}`, outcome: 'failed', branch: 'active' };
}

export function failedCall(tool: string, input: Readonly<Record<string, unknown>>, result: string): Happening {
  return { tool, input, result, outcome: 'failed', branch: 'active' };
}

/** A tool call that the person refuses, with the reason. */
export function refused(tool: string, input: Readonly<Record<string, unknown>>, reason: string): Happening {
  return { tool, input, result: reason, outcome: 'refused', branch: 'active' };
}

/** The same, done by a sub-agent. */
export const inSideBranch = (happenings: readonly Happening[]): readonly Happening[] =>
  happenings.map((one) => ({ ...one, branch: 'side' }));

/** Sessions of one project on consecutive days, named after it. */
export function sessionsOf(project: string, user: string, each: readonly (readonly Happening[])[], firstDay = 1): readonly Session[] {
  return each.map((happenings, at) => ({
    id: idOf(`${project} ${firstDay + at}`),
    start: new Date(Date.parse('2026-03-01T09:00:00Z') + (firstDay + at - 1) * 86_400_000).toISOString(),
    folder: `/home/${user}/${project}`,
    happenings,
  }));
}

export function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const timeOf = ({ start }: Session, step: number): string => new Date(Date.parse(start) + step * 60_000).toISOString();
const lines = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** Claude Code: one record for each call and each result, in a tree of parents. */
export function claudeCode(session: Session): string {
  const records: object[] = [];
  const parents: Record<Branch, string | null> = { active: null, side: null };
  const push = (type: string, branch: Branch, message: object, extra: object = {}): void => {
    const uuid = idOf(`${session.id} ${records.length}`);
    const timestamp = timeOf(session, records.length);
    const envelope = {
      isSidechain: branch === 'side',
      userType: 'external',
      cwd: session.folder,
      sessionId: session.id,
      version: '2.1.40',
    };
    records.push({ parentUuid: parents[branch], ...envelope, type, message, uuid, timestamp, ...extra });
    parents[branch] = uuid;
  };
  const says = (branch: Branch, content: readonly object[]): void =>
    push('assistant', branch, { id: `msg_${records.length}`, role: 'assistant', content });
  for (const one of session.happenings) {
    const { branch } = one;
    if ('person' in one) push('user', branch, { role: 'user', content: one.person });
    else if ('agent' in one) says(branch, [{ type: 'text', text: one.agent }]);
    else if ('interrupt' in one) push('user', branch, { role: 'user', content: [{ type: 'text', text: '[Request interrupted by user]' }] });
    else {
      const id = `toolu_${session.id.slice(0, 8)}_${records.length}`;
      says(branch, [{ type: 'tool_use', id, name: one.tool, input: one.input }]);
      const content =
        one.outcome === 'refused'
          ? `The user doesn't want to proceed with this tool use. The tool use was rejected. To tell you how to proceed, the user said:\n${one.result}`
          : one.result;
      const isError = one.outcome !== 'ok';
      const block = { type: 'tool_result', tool_use_id: id, content, ...(isError ? { is_error: true } : {}) };
      push('user', branch, { role: 'user', content: [block] }, { toolUseResult: isError ? `Error: ${content}` : { stdout: content } });
    }
  }
  return lines(records);
}

/** Codex: what a person typed as an event, calls and outputs as items with JSON in strings. */
export function codex(session: Session): string {
  const records: object[] = [];
  const push = (type: string, payload: object): void => {
    records.push({ timestamp: timeOf(session, records.length), type, payload });
  };
  push('session_meta', {
    id: session.id,
    timestamp: session.start,
    cwd: session.folder,
    originator: 'codex_cli_rs',
    cli_version: '0.40.0',
  });
  for (const one of session.happenings) {
    if ('person' in one) push('event_msg', { type: 'user_message', message: one.person, kind: 'plain' });
    else if ('agent' in one)
      push('response_item', { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: one.agent }] });
    else if ('interrupt' in one) push('event_msg', { type: 'turn_aborted', reason: 'interrupted' });
    else {
      const call_id = `call_${records.length}`;
      const args = { command: ['bash', '-lc', one.input['command']] };
      push('response_item', { type: 'function_call', name: 'shell', arguments: JSON.stringify(args), call_id });
      const metadata = { exit_code: one.outcome === 'ok' ? 0 : 1, duration_seconds: 1.5 };
      const output = JSON.stringify({ output: one.result.replace(/^Exit code 1\n/, ''), metadata });
      push('response_item', { type: 'function_call_output', call_id, output });
    }
  }
  return lines(records);
}

function openAiMessages({ happenings }: Session): readonly object[] {
  return happenings.flatMap((one, at): readonly object[] => {
    if ('person' in one) return [{ role: 'user', content: one.person }];
    if ('agent' in one) return [{ role: 'assistant', content: one.agent }];
    if ('interrupt' in one) return [];
    const id = `call_${at}`;
    const call = { id, type: 'function', function: { name: one.tool.toLowerCase(), arguments: JSON.stringify(one.input) } };
    const content = one.result.replace(/^Exit code 1\n/, '');
    return [
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: id, content },
    ];
  });
}

/** OpenAI chat messages, an array. */
export function openAi(session: Session): string {
  return JSON.stringify(openAiMessages(session), null, 1);
}

/** tau-bench: a list of runs with a reward. */
export function tauBench(session: Session): string {
  return JSON.stringify([{ task_id: 1, trial: 0, reward: 1, info: {}, traj: openAiMessages(session) }], null, 1);
}

/** Gemini: one document; call and result in one element. */
export function gemini(session: Session): string {
  const messages = session.happenings.flatMap((one, at): readonly object[] => {
    const common = { id: `m${at}`, timestamp: timeOf(session, at) };
    if ('person' in one) return [{ ...common, type: 'user', content: one.person }];
    if ('agent' in one) return [{ ...common, type: 'gemini', content: one.agent, toolCalls: [] }];
    if ('interrupt' in one) return [];
    const ok = one.outcome === 'ok';
    const output = one.result.replace(/^Exit code 1\n/, '');
    const result = [{ functionResponse: { id: `t${at}`, name: 'run_shell_command', response: ok ? { output } : { error: output } } }];
    const call = { id: `t${at}`, name: 'run_shell_command', args: one.input, result, status: ok ? 'success' : 'error' };
    return [{ ...common, type: 'gemini', content: '', toolCalls: [{ ...call, timestamp: common.timestamp }] }];
  });
  return JSON.stringify(
    { sessionId: session.id, projectHash: 'ab12', startTime: session.start, lastUpdated: session.start, messages },
    null,
    1,
  );
}

/** SWE-agent: steps of thought, action and observation, without person and without times. */
export function sweAgent(session: Session): string {
  let thought = '';
  const trajectory: object[] = [];
  for (const one of session.happenings) {
    if ('agent' in one) thought = one.agent;
    if (!('tool' in one)) continue;
    trajectory.push({ action: `${one.input['command']}\n`, observation: one.result.replace(/^Exit code 1\n/, ''), thought, state: '{}' });
    thought = '';
  }
  return JSON.stringify({ environment: 'main', trajectory, history: [], info: { exit_status: 'submitted', submission: null } }, null, 1);
}

/** What is not written line by line. */
const extensions = new Map<(session: Session) => string, string>([
  [openAi, 'json'],
  [tauBench, 'json'],
  [gemini, 'json'],
  [sweAgent, 'traj'],
]);

/** Writes each session to a file of its own below `folder`, and gives the paths. */
export function writeSessions(
  folder: string,
  sessions: readonly Session[],
  format: (session: Session) => string = claudeCode,
): readonly string[] {
  mkdirSync(folder, { recursive: true });
  return sessions.map((session) => {
    const file = join(folder, `${session.id}.${extensions.get(format) ?? 'jsonl'}`);
    writeFileSync(file, format(session));
    return file;
  });
}

/** A Claude Code memory folder: file name -> bullets; `MEMORY.md` lists them. */
export function writeStore(folder: string, topics: Readonly<Record<string, readonly string[]>>): string {
  const index = Object.keys(topics).map((name) => `- [${titleOf(name)}](${name}.md) — notes\n`);
  const files: Record<string, string> = { 'MEMORY.md': `# Memory\n\n${index.join('')}` };
  for (const [name, bullets] of Object.entries(topics)) {
    const type = name.split('_')[0] ?? 'project';
    const head = `---\nname: ${titleOf(name)}\ndescription: notes\ntype: ${type}\nmodified: 2026-01-05T10:00:00Z\n---\n`;
    files[`${name}.md`] = `${head}\n${bullets.map((bullet) => `- ${bullet}\n`).join('')}`;
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    utimesSync(join(folder, name), 1_700_000_000, 1_700_000_000);
  }
  return folder;
}

function titleOf(name: string): string {
  return name.split('_').slice(1).join('-') || name;
}
