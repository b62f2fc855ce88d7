/** Announcements and the statements that are alive -> how well each fits each. */
import { fitTo } from '../relate/announced.js';
import type { Reader } from '../relate/judge.js';
import { rarityOf } from '../relate/old-value.js';
import type { Fitted, Target } from '../resolve/announced.js';
import type { Row } from '../resolve/rows.js';
import type { Announcement } from '../signals.js';

/**
 * @param used texts that have replaced a memory already: what they announce has been done
 * @param refused whether a person refused that the second row replaces the first
 */
export function fitRows(
  rows: readonly Row[],
  alive: readonly boolean[],
  used: ReadonlySet<string>,
  reader: Reader,
  refused: (old: number, by: number) => boolean,
): readonly Fitted[] {
  const announced = new Map<Announcement, Map<string, number>>();
  rows.forEach((row, at) => {
    if (row.announced === undefined || row.statement !== null || isDone(row.announced, used)) return;
    announced.set(row.announced, (announced.get(row.announced) ?? new Map<string, number>()).set(row.text, at));
  });
  if (announced.size === 0) return [];
  const living = rows.flatMap((row, at) => (alive[at] && row.statement !== null ? [{ row, at }] : []));
  const rarity = rarityOf(
    reader,
    living.map(({ row }) => row.text),
  );
  return [...announced].map(([announcement, stretches]) => {
    const fits = fitTo(announcement, reader, rarity);
    const targets = living.flatMap(({ row, at }): Target[] => {
      const scope = row.statement?.scope;
      const input = { text: row.text, scope: [...(scope?.title ? [scope.title] : []), ...(scope?.headings ?? [])] };
      const fit = fits(input);
      const by = stretches.get(fit?.wide ? announcement.wide : announcement.text);
      return fit === null || by === undefined || refused(at, by) ? [] : [{ ...fit, old: at, by }];
    });
    return { at: announcement.at, targets };
  });
}

/** Shorter texts may stand in a message by chance. */
const leastText = 20;

/** Letters and digits alone: a store may dress or escape what was said. */
export function bareWords(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** True where one of `texts`, given as `bareWords`, is what was announced, whole or in part: it stands in the store already. */
export function isDone({ core, wide }: Announcement, texts: Iterable<string>): boolean {
  const [told, message] = [bareWords(core), bareWords(wide)];
  for (const text of texts) if (text.includes(told) || (text.length >= leastText && message.includes(text))) return true;
  return false;
}
