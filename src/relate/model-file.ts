/** Files of the relation model: eight letters of magic, the length of a JSON header, the header, then numbers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';

export interface ModelFile<Header> {
  readonly path: string;
  readonly bytes: Buffer;
  /** Made by our own scripts; that the sizes in it fit is for the caller to check. */
  readonly header: Header;
  /** First byte of the numbers. */
  readonly start: number;
}

/** The error of a file that is not what it should be. */
export function damagedModel(path: string): UserError {
  return new UserError('usage', `${path} is damaged or of another version. Install dreamfold again, or point to a model made by this one.`);
}

/** @throws UserError where the file is missing, or has another magic or no header. */
export function readModelFile<Header>(folder: string, name: string, magic: string): ModelFile<Header> {
  const path = join(folder, name);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UserError('notFound', `${path} cannot be read. Install dreamfold again, or point to a folder with a relation model.`, {
      cause: error,
    });
  }
  if (bytes.length < 12 || bytes.toString('latin1', 0, 8) !== magic) throw damagedModel(path);
  const start = 12 + bytes.readUInt32LE(8);
  try {
    return { path, bytes, start, header: JSON.parse(bytes.toString('utf8', 12, start)) as Header };
  } catch {
    throw damagedModel(path);
  }
}
