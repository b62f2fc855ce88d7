/** Rows as the judge compares them. */
import type { Side } from '../memory.js';
import type { Row } from '../resolve/rows.js';

/** What the judge sees of a row: text, time that may settle a conflict, and the names it stands under. */
export function sideOf(row: Row): Side {
  const scope = row.statement?.scope;
  return {
    text: row.text,
    time: row.time,
    scope: scope ? [...(scope.title ? [scope.title] : []), ...scope.headings] : [],
  };
}
