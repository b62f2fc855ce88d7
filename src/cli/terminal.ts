/** The three streams of the process as the commands see them: two screens and a place to ask. */
import { createInterface, emitKeypressEvents, type Key } from 'node:readline';
import { createInterface as createPromptInterface } from 'node:readline/promises';
import picocolors from 'picocolors';

export type Colors = ReturnType<typeof picocolors.createColors>;

export interface Screen {
  readonly isTerminal: boolean;
  /** Columns to fill; 80 where no terminal is, at most 100 for the eye's sake. */
  readonly width: number;
  /** Colours where the stream is a terminal and they are wanted; elsewhere the same functions add nothing. */
  readonly colors: Colors;
  /** Never throws; what nobody reads any more is dropped. */
  readonly write: (text: string | Uint8Array) => void;
  /** Settles when everything written has left the process. */
  readonly flush: () => Promise<void>;
}

export interface Answers {
  /** True where a person sits at a terminal. */
  readonly interactive: boolean;
  /** One key on a terminal, one line elsewhere; null at the end of the input. */
  readonly key: (prompt: string) => Promise<string | null>;
  /** One line, on a terminal with `proposal` ready to be edited; null at the end of the input. */
  readonly line: (prompt: string, proposal: string) => Promise<string | null>;
  readonly close: () => void;
}

const widest = 100;

/** A screen over a stream. A reader that has gone away (`EPIPE`) is a quiet end of that output, not an error. */
export function createScreen(stream: NodeJS.WriteStream, mayColor: boolean): Screen {
  let gone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    gone = true;
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
  });
  const isTerminal = stream.isTTY === true;
  return {
    isTerminal,
    width: isTerminal ? Math.min(widest, stream.columns || 80) : 80,
    colors: picocolors.createColors(isTerminal && mayColor),
    write: (text) => {
      if (!gone) stream.write(text);
    },
    flush: () => new Promise((resolve) => (gone ? resolve() : stream.write('', () => resolve()))),
  };
}

/** Asks at a terminal: single keys without Enter, lines with editing. Ctrl-C calls `interrupt`. */
function askPerson(input: NodeJS.ReadStream, output: NodeJS.WriteStream, interrupt: () => void): Answers {
  const pressed = (prompt: string): Promise<string | null> =>
    new Promise((resolve) => {
      output.write(prompt);
      emitKeypressEvents(input);
      input.setRawMode(true);
      input.resume();
      input.once('keypress', (text: string | undefined, key: Key) => {
        input.setRawMode(false);
        input.pause();
        const end = key.ctrl === true && (key.name === 'c' || key.name === 'd');
        output.write(end || text === undefined || /\s/u.test(text) ? '\n' : `${text}\n`);
        if (end && key.name === 'c') interrupt();
        resolve(end ? null : (text ?? ''));
      });
    });
  const typed = (prompt: string, proposal: string): Promise<string | null> =>
    new Promise((resolve, reject) => {
      const editor = createPromptInterface({ input, output, terminal: true });
      editor.once('SIGINT', () => {
        interrupt();
        editor.close();
      });
      let answered = false;
      // A closed editor leaves its question unanswered for ever, so the end of the input is an answer of its own.
      editor.once('close', () => {
        if (!answered) output.write('\n');
        resolve(null);
      });
      editor.question(prompt).then((text) => {
        answered = true;
        resolve(text);
        editor.close();
      }, reject);
      editor.write(proposal);
    });
  return {
    interactive: true,
    key: pressed,
    line: typed,
    close: () => input.pause(),
  };
}

/** Takes the lines of a pipe one by one; the prompt is not printed, nobody would read it. */
function askPipe(input: NodeJS.ReadStream): Answers {
  const reader = createInterface({ input });
  const lines = reader[Symbol.asyncIterator]();
  const next = async (): Promise<string | null> => {
    const { value, done } = await lines.next();
    return done === true ? null : value;
  };
  return {
    interactive: false,
    key: next,
    line: next,
    close: () => reader.close(),
  };
}

/** Opens stdin for questions; prompts go to `output` (stderr), so that stdout stays data. */
export function openAnswers(input: NodeJS.ReadStream, output: NodeJS.WriteStream, interrupt: () => void): Answers {
  return input.isTTY === true && output.isTTY === true ? askPerson(input, output, interrupt) : askPipe(input);
}
