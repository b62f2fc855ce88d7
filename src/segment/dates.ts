/** The time that a statement names as its own: a date in front of it, behind it, or in its heading; never one inside the sentence. */

const day = String.raw`(\d{4}-\d{2}(?:-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?Z?)?)?)(?![\d-]*\d)`;
const leading = new RegExp(String.raw`^[*_]{0,2}(?:[[(]${day}[\])][*_]{0,2}:?|${day}[*_]{0,2}\s*(?::|—|–|-\s)[*_]{0,2})(?!\s*\d{4}-\d{2})`);
const asOf = new RegExp(String.raw`^[*_]{0,2}(?:as of|since|on|from|updated|verified)\s+${day}(?![\d-])`, 'i');
const trailing = new RegExp(
  String.raw`[([](?:(?:as of|since|on|updated|verified|checked|decided|noted|added|agreed|introduced|set up|changed):?\s+)?${day}[)\]][*_]{0,2}[.!]?$`,
  'i',
);
const heading = new RegExp(String.raw`^[*_]{0,2}[[(]?${day}[\])]?[*_]{0,2}(?:\s*\([^)]*\))?:?$`);

/** Start of the day, or of the month where no day is named, in UTC as ISO 8601; or null. */
export function dateOfText(text: string): string | null {
  const match = leading.exec(text) ?? asOf.exec(text) ?? trailing.exec(text.slice(-80));
  return match === null ? null : isoDay(match[1] ?? match[2]);
}

/** The day of a heading that is nothing but a date. */
export function dateOfHeading(text: string): string | null {
  return isoDay(heading.exec(text.trim())?.[1]);
}

function isoDay(text: string | undefined): string | null {
  const named = text?.slice(0, 10) ?? '';
  const day = named.length === 7 ? `${named}-01` : named;
  const date = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== day ? null : date.toISOString();
}
