/** The files of a dream's input and output. Bytes are kept once under their hash, however many files and dreams hold them. */
import { UserError } from '../errors.js';
import { compareText, type SourceFile, sha256 } from '../memory.js';
import type { Connection } from './connection.js';
import { fileColumns } from './rows.js';

export type FileRole = 'input' | 'output';

/** Replaces all files of that role. */
export function replaceFiles(db: Connection, dreamId: string, role: FileRole, files: readonly SourceFile[]): void {
  db.transaction(() => {
    const old = db.run('DELETE FROM files WHERE dream = ? AND role = ?', dreamId, role);
    for (const file of files) {
      db.run('INSERT OR IGNORE INTO blobs (sha256, bytes) VALUES (?, ?)', file.sha256, file.bytes);
      db.run(
        'INSERT INTO files (dream, role, path, sha256, mode, modified_at) VALUES (?, ?, ?, ?, ?, ?)',
        dreamId,
        role,
        file.path,
        file.sha256,
        file.mode,
        file.modifiedAt,
      );
    }
    if (old > 0) sweepBlobs(db);
  });
}

/** In path order. @throws UserError `usage` where the bytes are no longer those that were saved. */
export function selectFiles(db: Connection, dreamId: string, role: FileRole): readonly SourceFile[] {
  const rows = db.all(
    'SELECT path, bytes, sha256, mode, modified_at FROM files JOIN blobs USING (sha256) WHERE dream = ? AND role = ?',
    dreamId,
    role,
  );
  const files = rows.map((row) => db.parse(fileColumns, row, 'file'));
  for (const file of files) {
    if (sha256(file.bytes) === file.sha256) continue;
    throw new UserError('usage', `${db.path} is damaged: the bytes of ${file.path} are not those that were saved; restore it from a copy`);
  }
  return files.sort((a, b) => compareText(a.path, b.path));
}

/** Removes bytes that no file names any more. */
export function sweepBlobs(db: Connection): void {
  db.run('DELETE FROM blobs WHERE NOT EXISTS (SELECT 1 FROM files WHERE files.sha256 = blobs.sha256)');
}
