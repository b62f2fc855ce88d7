/** Fetched files of models, each whole or not at all. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../errors.js';
import { fileError } from './files.js';

/**
 * Writes what `chunks` yields to a file that appears under its name only once it is complete and on disk; an older one is replaced.
 * Folders are made. `onBytes` is told how much each chunk adds.
 * @param sizeBytes what it must come to; null where that is not known
 * @throws UserError `usage` where the disk refuses, `notFound` where the chunks end early; nothing is left behind then.
 */
export async function saveModelFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  { sizeBytes, onBytes }: { readonly sizeBytes: number | null; readonly onBytes: (bytes: number) => void },
): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(part, { force: true });
    const written = await writeChunks(part, chunks, onBytes);
    if (sizeBytes !== null && written !== sizeBytes) {
      throw new UserError(
        'notFound',
        `${path} broke off after ${written} of ${sizeBytes} bytes. Fetch the model again: dreamfold models pull MODEL`,
      );
    }
    await rename(part, path);
  } catch (thrown) {
    await rm(part, { force: true });
    throw fileError(thrown, 'write the model file', path);
  }
}

async function writeChunks(path: string, chunks: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): Promise<number> {
  const handle = await open(path, 'wx', 0o644);
  let written = 0;
  try {
    for await (const chunk of chunks) {
      await handle.writeFile(chunk);
      written += chunk.length;
      onBytes(chunk.length);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return written;
}
