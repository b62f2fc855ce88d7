/** The table of files in a model's card. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../src/memory.js';

/** Writes a file of a model folder, and its size and hash into the row of the folder's MODEL.md that begins with its name. */
export function writeModelFile(folder: string, name: string, bytes: Uint8Array): void {
  writeFileSync(join(folder, name), bytes);
  const card = join(folder, 'MODEL.md');
  const row = new RegExp(`(\\| ${name.replaceAll('.', '\\.')} \\|)[^\\n]*`);
  const hash = sha256(bytes);
  if (existsSync(card)) {
    const filled = readFileSync(card, 'utf8').replace(row, `$1 ${bytes.length.toLocaleString('en')} | ${hash} |`);
    writeFileSync(card, filled);
  }
  console.log(JSON.stringify({ written: join(folder, name), bytes: bytes.length, sha256: hash }));
}
