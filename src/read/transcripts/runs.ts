/**
 * Runs of research harnesses, which carry a verdict: tau-bench and tau2-bench (a reward), SWE-agent and mini-swe-agent (an exit
 * status). Task descriptions and expected actions stand beside the run; they are not what the agent saw and are never read.
 */

import type { Head } from './formats.js';
import { asFields, asList, asText, type Fields } from './json.js';
import { isMessage, messageTeller } from './messages.js';
import { type FormatReader, idOfFile, type RawRecord, type Sink } from './sink.js';
import { clipInput, clipOutput, clipProse, contentText, errorByText } from './text.js';

function nameOf(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : '?';
}

/** How well a record fits tau-bench: one run with its messages in `traj`. */
export function isTauRun(value: unknown): boolean {
  const run = asFields(value);
  return run !== null && run.task_id !== undefined && Array.isArray(run.traj) && run.reward !== undefined;
}

/** How well a record fits tau2-bench: one simulation with its messages. */
export function isTau2Run(value: unknown): boolean {
  const run = asFields(value);
  return (
    run !== null && run.task_id !== undefined && Array.isArray(run.messages) && (run.reward_info ?? run.termination_reason) !== undefined
  );
}

function tellReward(sink: Sink, reward: unknown, line: number): void {
  if (typeof reward !== 'number') return;
  sink.turn({ speaker: 'harness', kind: 'outcome', text: `reward ${reward}`, error: reward < 1, line });
}

/** A reader for files of tau-bench or tau2-bench runs, each a session of its own; the simulated user speaks as a person. */
export function tauReader(file: string, sink: Sink): FormatReader {
  const teller = messageTeller(sink, { user: 'person' });
  return {
    accept: ({ value, line }) => {
      const run = asFields(value);
      if (run === null || !(isTauRun(run) || isTau2Run(run))) return 'a value that is no run';
      sink.session(`${idOfFile(file)}#task-${nameOf(run.task_id)}-trial-${nameOf(run.trial ?? 0)}`, null);
      teller.reset();
      for (const message of asList(run.traj ?? run.messages)) {
        const refused = teller.tell(message, line);
        if (refused !== null) sink.unknown(refused, line);
      }
      const reason = asText(run.termination_reason);
      if (reason !== null) sink.turn({ speaker: 'harness', kind: 'note', text: reason, line });
      tellReward(sink, run.reward ?? asFields(run.reward_info)?.reward, line);
      return null;
    },
    end: () => {},
  };
}

/** A reader for one tau2-bench simulation that is a file of its own: its messages are the records. */
export function tau2FileReader(file: string, sink: Sink, head: Head): FormatReader {
  const teller = messageTeller(sink, { user: 'person' });
  const { fields } = head;
  sink.session(`${idOfFile(file)}#task-${nameOf(fields.task_id)}-trial-${nameOf(fields.trial ?? 0)}`, null);
  return {
    accept: ({ value, line }) => teller.tell(value, line),
    end: () => tellReward(sink, asFields(fields.reward_info)?.reward, 1),
  };
}

/** How well a record fits SWE-agent: a step of `trajectory`, or a message of `history`. */
export function isSweRecord(value: unknown, slot: string | null): boolean {
  const record = asFields(value);
  if (slot === 'trajectory') return record?.action !== undefined || record?.observation !== undefined;
  return slot === 'history' && isMessage(value);
}

function tellStep(sink: Sink, step: Fields, line: number): string | null {
  if (step.action === undefined && step.observation === undefined) return 'a step without action or observation';
  const thought = clipProse(contentText(step.thought ?? step.response ?? ''));
  if (thought !== '') sink.turn({ speaker: 'agent', kind: 'message', text: thought, line });
  const action = contentText(step.action ?? '').trim();
  const tool = { name: 'shell', callId: null };
  if (action !== '')
    sink.turn({ speaker: 'agent', kind: 'tool_call', text: '', tool: { ...tool, input: clipInput({ command: action }) }, line });
  const output = contentText(step.observation ?? '');
  if (action === '' && output === '') return null;
  sink.turn({
    speaker: 'tool',
    kind: 'tool_result',
    text: clipOutput(output),
    tool: { ...tool, input: '' },
    error: errorByText(output),
    line,
  });
  return null;
}

function tellExit(sink: Sink, info: Fields | null): void {
  const status = asText(info?.exit_status);
  if (status !== null) sink.turn({ speaker: 'harness', kind: 'outcome', text: status, error: !/^submitted$/i.test(status), line: 1 });
}

/** Demonstrations are another run, shown to the agent as an example. */
function isDemonstration(message: Fields | null): boolean {
  return message?.is_demo === true || contentText(message?.content ?? '').startsWith('Here is a demonstration');
}

/**
 * A reader for SWE-agent's `.traj`: the steps of `trajectory`, or, in files that have none, the messages of `history` (which
 * otherwise repeats them). The role `user` is the harness: it hands over the task and every observation.
 */
export function sweReader(file: string, sink: Sink, head: Head): FormatReader {
  const steps = (head.slots.get('trajectory') ?? 0) > 0;
  const teller = messageTeller(sink, { user: 'harness' });
  sink.session(idOfFile(file), null);
  return {
    accept: ({ value, line, slot }: RawRecord) => {
      const record = asFields(value);
      if (record === null) return 'a value that is no object';
      if (slot === 'trajectory') return tellStep(sink, record, line);
      return steps || isDemonstration(record) ? null : teller.tell(value, line);
    },
    end: () => tellExit(sink, asFields(head.fields.info)),
  };
}

/** The one command of a mini-swe-agent answer, in its fence. */
const fence = /```(?:mswea_bash_command|bash|sh)?\n([\s\S]*?)\n?```/;
const returnCode = /^<returncode>(-?\d+)<\/returncode>\s*(?:<output>\n?)?([\s\S]*?)(?:<\/output>\s*)?$/;

function tellMiniStep(sink: Sink, message: Fields, line: number): boolean {
  const text = contentText(message.content);
  const tool = { name: 'shell', callId: null };
  const ran = message.role === 'user' ? returnCode.exec(text.trim()) : null;
  if (ran !== null) {
    const error = ran[1] !== '0';
    sink.turn({ speaker: 'tool', kind: 'tool_result', text: clipOutput(ran[2] ?? ''), tool: { ...tool, input: '' }, error, line });
    return true;
  }
  const command = message.role === 'assistant' ? fence.exec(text)?.[1] : undefined;
  if (command === undefined) return false;
  const thought = clipProse(text.replace(fence, ''));
  if (thought !== '') sink.turn({ speaker: 'agent', kind: 'message', text: thought, line });
  sink.turn({ speaker: 'agent', kind: 'tool_call', text: '', tool: { ...tool, input: clipInput({ command }) }, line });
  return true;
}

/** A reader for mini-swe-agent's `.traj.json`, current (an object) or early (a bare list of messages). */
export function miniSweReader(file: string, sink: Sink, head: Head): FormatReader {
  const teller = messageTeller(sink, { user: 'harness' });
  sink.session(idOfFile(file), null);
  return {
    accept: ({ value, line }) => {
      const message = asFields(value);
      return message !== null && tellMiniStep(sink, message, line) ? null : teller.tell(value, line);
    },
    end: () => tellExit(sink, asFields(head.fields.info)),
  };
}
