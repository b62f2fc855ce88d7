/** A folder for work in progress, outside anything of the user's, that is gone when the work is: also where the process is told to exit. */
import { rmSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileError } from './files.js';

export interface Scratch extends AsyncDisposable {
  /** Absolute, readable by its owner alone. */
  readonly folder: string;
  /** Writes lines, each with a line feed behind it, to a new file of the folder and gives its path; the lines are never held all at once. */
  readonly writeLines: (name: string, lines: Iterable<string>) => Promise<string>;
  /** Removes a file or folder of it; does nothing where there is none. */
  readonly drop: (name: string) => Promise<void>;
}

/** Characters written at once. */
const chunkLength = 1 << 20;

/** @throws UserError `usage` where the system refuses. */
export async function openScratch(): Promise<Scratch> {
  const parent = tmpdir();
  const folder = await mkdtemp(join(parent, 'dreamfold-work-')).catch((thrown: unknown) => {
    throw fileError(thrown, 'make a folder in', parent);
  });
  // A second Ctrl-C ends the process at once: what is asynchronous would not run any more.
  const removeNow = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeNow);
  return {
    folder,
    writeLines: (name, lines) => writeLines(join(folder, name), lines),
    drop: (name) => rm(join(folder, name), { recursive: true, force: true }),
    [Symbol.asyncDispose]: async () => {
      process.off('exit', removeNow);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function writeLines(path: string, lines: Iterable<string>): Promise<string> {
  try {
    const handle = await open(path, 'wx', 0o600);
    try {
      let chunk = '';
      for (const line of lines) {
        chunk += `${line}\n`;
        if (chunk.length < chunkLength) continue;
        await handle.writeFile(chunk);
        chunk = '';
      }
      await handle.writeFile(chunk);
    } finally {
      await handle.close();
    }
    return path;
  } catch (thrown) {
    throw fileError(thrown, 'write', path);
  }
}
