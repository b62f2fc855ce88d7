/**
 * One connection to the database: opened owner-only, in WAL mode, with its schema up to date. Every failure that a user can mend
 * (full disk, damaged file, someone else writing) leaves here as a `UserError` with the file's path.
 *
 * Files are created with `wx` and never opened otherwise: closing any descriptor of a file drops all POSIX locks that this process
 * holds on it, those of SQLite among them (https://sqlite.org/howtocorrupt.html, section 2.2).
 */
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { z } from 'zod';
import { type ExitName, systemCode, toError, UserError } from '../errors.js';
import { migrate } from './migrations.js';

/** How long a statement waits for another process's write to end. */
const busyTimeoutMs = 5000;

/** Holds the index of a few hundred thousand vectors, whose keys are hashes and therefore hit every page of it. */
const cacheKib = 65_536;

export type SqlValue = string | number | null | Uint8Array;

export class Connection {
  readonly path: string;
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement<SqlValue[]>>();

  /** Owns `db` from now on and closes it. */
  constructor(path: string, db: Database.Database) {
    this.path = path;
    this.#db = db;
  }

  /** The first row, or null. */
  get(sql: string, ...values: SqlValue[]): unknown {
    return this.#told(() => this.#prepare(sql).get(...values) ?? null);
  }

  all(sql: string, ...values: SqlValue[]): readonly unknown[] {
    return this.#told(() => this.#prepare(sql).all(...values));
  }

  /** Number of rows that were changed. */
  run(sql: string, ...values: SqlValue[]): number {
    return this.#told(() => this.#prepare(sql).run(...values).changes);
  }

  exec(sql: string): void {
    this.#told(() => this.#db.exec(sql));
  }

  /** Runs `work` whole or not at all; takes the write lock first, so that it never fails half-way because another process wrote. */
  transaction<T>(work: () => T): T {
    return this.#told(() => this.#db.transaction(work).immediate());
  }

  /** Many reads of one state of the database; far cheaper than one by one, which take and release SQLite's locks each. */
  snapshot<T>(work: () => T): T {
    return this.#told(() => this.#db.transaction(work).deferred());
  }

  /** Like `transaction`, but it is on the disk when this returns: it survives a loss of power as far as the disk tells the truth. */
  durable<T>(work: () => T): T {
    return this.#told(() => {
      this.#db.pragma('synchronous = FULL');
      try {
        return this.#db.transaction(work).immediate();
      } finally {
        this.#db.pragma('synchronous = NORMAL');
      }
    });
  }

  /** Checks a row against its schema. @throws UserError `usage` where someone else wrote the row or the file is damaged. */
  parse<T>(schema: z.ZodType<T>, row: unknown, what: string): T {
    const result = schema.safeParse(row);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new UserError(
      'usage',
      `${this.path} holds a ${what} that cannot be read (${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}): restore the file from a copy, or pass another --db FILE`,
      { cause: result.error },
    );
  }

  /** May be called twice. */
  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): Database.Statement<SqlValue[]> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare<SqlValue[]>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #told<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw tell(this.path, thrown);
    }
  }
}

/**
 * Opens the database at `path`, creating it (owner-only, missing parent folders too) and migrating it.
 * @throws UserError `usage` where the file cannot be used, `locked` where another process does not let go of it.
 */
export function connect(path: string): Connection {
  prepareFile(path);
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { timeout: busyTimeoutMs });
    db.pragma('foreign_keys = ON');
    migrate(db, path);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma(`cache_size = -${cacheKib}`);
    return new Connection(path, db);
  } catch (thrown) {
    db?.close();
    throw tell(path, thrown);
  }
}

/**
 * Creates an empty file that its owner alone can read, and its missing parent folders, if it is not there yet. SQLite gives its `-wal`
 * and `-shm` files the permissions of the database.
 * @throws UserError `usage` where that is not possible.
 */
export function prepareFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'wx', 0o600));
  } catch (thrown) {
    if (systemCode(thrown) !== 'EEXIST' || !isFolder(dirname(path))) throw tell(path, thrown);
    if (isFolder(path))
      throw new UserError('usage', `${path} is a folder: pass a file to --db`, {
        cause: thrown,
      });
    if (isTooShort(path)) throw new UserError('usage', `${path} is no dreamfold database: pass another --db FILE`, { cause: thrown });
  }
}

/** What was thrown, as an error for the user where the user can mend it, otherwise as it was. */
export function tell(path: string, thrown: unknown): Error {
  if (thrown instanceof UserError) return thrown;
  const code = systemCode(thrown) ?? '';
  for (const [pattern, message, exit] of messages) {
    if (pattern.test(code)) return new UserError(exit, `${path} ${message}`, { cause: thrown });
  }
  return toError(thrown);
}

const messages: readonly (readonly [RegExp, string, ExitName])[] = [
  [/^SQLITE_BUSY/, 'is being written to by another dreamfold run: wait for it, or pass another --db FILE', 'locked'],
  [/^SQLITE_NOTADB/, 'is no dreamfold database: pass another --db FILE', 'usage'],
  [/^SQLITE_CORRUPT/, 'is damaged: restore it from a copy, or pass another --db FILE', 'usage'],
  [/^(SQLITE_FULL|ENOSPC|EDQUOT)/, 'cannot grow because the disk is full: free some space and run the command again', 'usage'],
  [
    /^(SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|EACCES|EPERM|EROFS)/,
    'cannot be opened for writing: check the permissions of the file and of its folder, or pass another --db FILE',
    'usage',
  ],
  [/^SQLITE_IOERR/, 'could not be read or written: check the disk, or pass another --db FILE', 'usage'],
  [/^(ENOTDIR|ENOENT|EEXIST|ENAMETOOLONG|EISDIR|ELOOP)/, 'is no place for a database: pass another --db FILE', 'usage'],
  [/^SQLITE_CONSTRAINT_FOREIGNKEY/, 'holds no such dream: see the dreams with dreamfold list', 'notFound'],
];

/** SQLite takes a file without a whole page for an empty database and would write over it. */
function isTooShort(path: string): boolean {
  const smallestPage = 512;
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size > 0 && found.size < smallestPage;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
