/**
 * Versions that commands of the agent print ("terraform version" -> "Terraform v1.9.5"): what runs here, as far as a command says so
 * itself. What a command merely shows of a file, a page, a log or another machine tells nothing about that.
 */

import type { Turn } from '../memory.js';
import type { PrintedVersion } from '../signals.js';
import { shellTools } from './actions.js';
import { shellCommands } from './shell.js';

/** Names under which one program goes. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['nodejs', 'node'],
  ['node.js', 'node'],
  ['python3', 'python'],
  ['py', 'python'],
  ['pip3', 'pip'],
  ['golang', 'go'],
  ['rustc', 'rust'],
  ['psql', 'postgresql'],
  ['postgres', 'postgresql'],
  ['tsc', 'typescript'],
  ['kubectl', 'kubernetes'],
]);

/** One name for a program, in lower case. */
export function programName(name: string): string {
  const lower = name.toLowerCase();
  return aliases.get(lower) ?? lower;
}

const versionText = /v?(\d+(?:\.\d+){1,3})(?![\w.-]*\w)/u;
const versionOption = /^(?:--version|-version|-V|-v|version)$/u;
/** Runs the program that is named behind it, out of the project's own folder. */
const runners = /^(?:npx|uvx|yarn|(?:poetry|uv) run|(?:pnpm|bundle) exec) /u;
/** Prints nothing that was written elsewhere. */
const quiet = /^(?:cd|pushd|popd|export|unset|set|source|\.|:|true|mkdir|which)(?: |$)|^echo [^\d$`]*$/u;
const managers =
  /^(?:(?:nvm|fnm|volta|asdf|mise|rtx|n|nvs|pyenv|rbenv|nodenv|goenv|jenv|phpenv|tfenv|tfswitch|sdk|rustup)(?: |$)|(?:sudo )?(?:brew|apt|apt-get|dnf|apk|choco|winget|scoop) (?:install|upgrade)\b)/u;
/** Behind a command: passes on some of what that prints, and reads no file. */
const passesOn =
  /(?<!\|)\|&? *(?:(?:head|tail|cut|tr|sed|awk|grep)(?: +(?:-\w+|\d+|'[^'\n]*'|"[^"$`\n]*"))*|grep(?: +-\w+)* +\w+)(?= *(?:$|[;&|\n)]|2>))/gu;
const longestOutput = 4000;

/** The command line that a turn has a shell run, or null where it runs none. */
export function commandOf({ tool, kind }: Turn): string | null {
  if (kind !== 'tool_call' || tool === null || !shellTools.test(tool.name)) return null;
  try {
    const input: unknown = JSON.parse(tool.input);
    if (typeof input !== 'object' || input === null) return null;
    const found = Object.entries(input).find(([key]) => key === 'command' || key === 'cmd')?.[1];
    if (Array.isArray(found)) return found.length === 3 && /^-l?c$/u.test(String(found[1])) ? String(found[2]) : found.join(' ');
    return typeof found === 'string' ? found : null;
  } catch {
    // A call whose input is no JSON runs no command that is known here.
    return null;
  }
}

/** The program whose version a simple command asks for, or null. */
function askedFor(command: string): string | null {
  const [program = '', option = '', ...more] = command.replace(runners, '').split(' ');
  if (more.length > 0 || !versionOption.test(option) || !/^[\w.+/-]+$/u.test(program)) return null;
  return programName(program.split('/').at(-1) ?? '');
}

/**
 * What a line asks the version of, and whether a version manager or installer runs in it. Null where it runs anything else besides, or
 * runs it on another machine: a file or a page may be what it prints then.
 */
function questionOf(line: string): { readonly asked: readonly string[]; readonly manages: boolean } | null {
  const left = line.replace(passesOn, ' ');
  const commands = shellCommands(left).map(({ words, host }) => (host === null ? words.map(({ text }) => text).join(' ') : null));
  const others = commands.filter((one) => one === null || (askedFor(one) === null && !quiet.test(one) && !managers.test(one)));
  if (others.length > 0 || /(?<!\|)\|(?!\|)/u.test(left)) return null;
  return { asked: commands.flatMap((one) => askedFor(one ?? '') ?? []), manages: commands.some((one) => managers.test(one ?? '')) };
}

/** A program and its version on one line, or a version alone on a line where one program was asked for it. */
function versionsIn(command: string, output: string): readonly Pick<PrintedVersion, 'program' | 'version' | 'quote'>[] {
  const question = questionOf(command);
  if (question === null) return [];
  const { asked, manages } = question;
  // A line that the limit cuts through is left out: half a secret is not known as one.
  const whole = output.length <= longestOutput ? output : output.slice(0, output.lastIndexOf('\n', longestOutput) + 1);
  const lines = whole.split('\n');
  if (asked.length === 0) return manages ? lines.flatMap(managed) : [];
  return asked.flatMap((program) => {
    const named = lines.find((line) => namesProgram(line, program) && versionText.test(line));
    const bare = lines.find((line) => /^v?\d+(?:\.\d+){1,3}$/u.test(line.trim()));
    const line = named ?? (asked.length === 1 ? bare : undefined);
    const version = line === undefined ? undefined : versionText.exec(line)?.[1];
    return line === undefined || version === undefined ? [] : [{ program, version, quote: line.trim() }];
  });
}

/** What a version manager says it uses or has installed. */
function managed(line: string): readonly Pick<PrintedVersion, 'program' | 'version' | 'quote'>[] {
  const match =
    /^(?:now |using |successfully |installed |default |activated |switched to |to )*([a-z][\w.+-]{1,30}) v(\d+(?:\.\d+){1,3})(?![\w.-]*\w)/iu.exec(
      line.trim(),
    );
  const [, name, version] = match ?? [];
  return name === undefined || version === undefined ? [] : [{ program: programName(name), version, quote: line.trim() }];
}

function namesProgram(line: string, program: string): boolean {
  return (line.match(/[\p{L}][\p{L}\d.+-]*/gu) ?? []).some((word) => programName(word) === program);
}

/** Follows the calls of one session to their results. */
export class PrintedReader {
  readonly #open = new Map<string, string>();
  #last: string | null = null;

  /** The versions that this turn prints as the answer to a command of the agent; failed commands and side branches print none. */
  take(turn: Turn): readonly PrintedVersion[] {
    if (turn.branch !== 'active') return [];
    const command = commandOf(turn);
    if (turn.kind === 'tool_call') {
      const id = turn.tool?.callId ?? null;
      if (id !== null && command !== null) this.#open.set(id, command);
      this.#last = command;
      return [];
    }
    if (turn.kind !== 'tool_result' || turn.speaker !== 'tool') return [];
    const id = turn.tool?.callId ?? null;
    const asked = id === null ? this.#last : (this.#open.get(id) ?? null);
    if (id !== null) this.#open.delete(id);
    if (asked === null || turn.error === true) return [];
    const { sessionId, at, ref } = turn;
    return versionsIn(asked, turn.text).map((one) => ({ ...one, sessionId, at, path: ref.path, line: ref.line }));
  }
}
