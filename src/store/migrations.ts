/**
 * The schema of the database, as ordered steps. A step that was released is never edited: a change is a new step at the end.
 * Each step runs in one transaction together with the new `user_version`, so that a database stands at one version or the next.
 */
import type Database from 'better-sqlite3';
import { UserError } from '../errors.js';

/** `drea` in ASCII: tells our file from the database of another program (https://sqlite.org/pragma.html#pragma_application_id). */
export const applicationId = 0x64726561;

const steps: readonly string[] = [
  `
  CREATE TABLE dreams (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    settings TEXT NOT NULL,
    store_root TEXT NOT NULL,
    store_single INTEGER NOT NULL,
    format TEXT,
    session_ids TEXT NOT NULL,
    created_at TEXT NOT NULL,
    ended_at TEXT,
    error TEXT,
    summary TEXT,
    out TEXT,
    applied TEXT,
    discarded INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE blobs (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

  CREATE TABLE files (
    dream TEXT NOT NULL REFERENCES dreams (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES blobs (sha256),
    mode INTEGER NOT NULL,
    modified_at TEXT NOT NULL,
    PRIMARY KEY (dream, role, path)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX files_by_blob ON files (sha256);

  CREATE TABLE changes (
    dream TEXT NOT NULL REFERENCES dreams (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    status TEXT NOT NULL,
    change TEXT NOT NULL,
    effect TEXT NOT NULL,
    PRIMARY KEY (dream, position),
    UNIQUE (dream, id)
  ) STRICT;

  CREATE TABLE reports (
    dream TEXT NOT NULL REFERENCES dreams (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    position INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (dream, kind, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE refusals (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

  CREATE TABLE journal (id INTEGER PRIMARY KEY CHECK (id = 1), plan TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE models (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

  CREATE TABLE vectors (
    model INTEGER NOT NULL REFERENCES models (id),
    key TEXT NOT NULL,
    vector BLOB NOT NULL,
    UNIQUE (model, key)
  ) STRICT;

  CREATE TABLE moved_times (text_key TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE checkpoints (
    dream TEXT NOT NULL REFERENCES dreams (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (dream, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE calibrations (
    model TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model, kind)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE answers (
    question TEXT NOT NULL,
    model TEXT NOT NULL,
    pair TEXT NOT NULL,
    call INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (question, model, pair)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE calls (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    dream TEXT REFERENCES dreams (id) ON DELETE CASCADE,
    value TEXT NOT NULL
  ) STRICT;
  CREATE INDEX calls_by_dream ON calls (dream);

  CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    dream TEXT REFERENCES dreams (id) ON DELETE CASCADE,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE verdicts (
    key BLOB PRIMARY KEY,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 159),
    confidence REAL NOT NULL,
    duplicate REAL NOT NULL,
    refines REAL NOT NULL,
    conflict REAL NOT NULL,
    "distinct" REAL NOT NULL,
    reason TEXT NOT NULL,
    used INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX verdicts_by_use ON verdicts (used);

  CREATE TABLE readings (name TEXT PRIMARY KEY, content TEXT NOT NULL, used INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
  `,
];

/** The schema version that this program writes; 0 is an empty file. */
export const schemaVersion = steps.length;

/**
 * Brings an open database from whatever version it has to `target` (the newest unless told otherwise). Two processes may do so at
 * once: the version is read again inside each step's transaction.
 * @throws UserError `usage` where the file was written by a newer program, or belongs to another one.
 */
export function migrate(db: Database.Database, path: string, target: number = schemaVersion): void {
  for (;;) {
    const done = db.transaction(() => nextStep(db, path, target)).immediate();
    if (done) return;
  }
}

/** Runs one step; true where nothing was left to do. */
function nextStep(db: Database.Database, path: string, target: number): boolean {
  const version = Number(db.pragma('user_version', { simple: true }));
  const owner = Number(db.pragma('application_id', { simple: true }));
  if (owner !== applicationId && !isEmpty(db)) {
    throw new UserError('usage', `${path} is a database of another program: pass another --db FILE`);
  }
  if (version > schemaVersion) {
    throw new UserError(
      'usage',
      `${path} was written by a newer dreamfold (schema ${version}, this one knows ${schemaVersion}): update dreamfold, or pass another --db FILE`,
    );
  }
  const step = steps[version];
  if (step === undefined || version >= target) return true;
  db.exec(step);
  db.pragma(`application_id = ${applicationId}`);
  db.pragma(`user_version = ${version + 1}`);
  return false;
}

function isEmpty(db: Database.Database): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
}
