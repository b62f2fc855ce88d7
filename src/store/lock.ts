/**
 * The lock of a run: an exclusive transaction on a second SQLite file beside the database. The operating system lets go of it when
 * the process ends, however it ends, so that no lock is ever stale and no command is needed to remove one.
 */
import Database from 'better-sqlite3';
import { systemCode, UserError } from '../errors.js';
import { prepareFile, tell } from './connection.js';

export interface RunLock {
  /** May be called twice. */
  readonly release: () => void;
}

/**
 * Takes the lock that belongs to the database at `path`, at once or not at all.
 * @throws UserError `locked` where another run, or another caller in this process, holds it.
 */
export function acquireLock(path: string): RunLock {
  const lockPath = `${path}.lock`;
  prepareFile(lockPath);
  let db: Database.Database | null = null;
  try {
    const held = new Database(lockPath, { timeout: 0 });
    db = held;
    held.exec('BEGIN EXCLUSIVE');
    return { release: () => held.close() };
  } catch (thrown) {
    db?.close();
    if (!(systemCode(thrown) ?? '').startsWith('SQLITE_BUSY')) throw tell(lockPath, thrown);
    throw new UserError('locked', `another dreamfold run is using ${path}: wait for it, or pass another --db FILE`, { cause: thrown });
  }
}
