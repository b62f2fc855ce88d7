/** Made memories with known truth, for measuring: sentences from word lists and numbers, some of them edited copies. */

import { makeRandom } from '../src/bench/words.js';

const subjects = [
  'the billing service',
  'the search index',
  'the mail worker',
  'the admin page',
  'the export job',
  'the login form',
  'the cache',
  'the mobile app',
  'the report builder',
  'the import script',
];
const places = [
  'in production',
  'on staging',
  'in CI',
  'on developer machines',
  'for the Berlin team',
  'for new customers',
  'during the night',
  'on weekends',
];
const rules = [
  'retries a failed request',
  'writes an audit line',
  'reads its settings',
  'checks the signature',
  'renews its token',
  'rebuilds the summary',
  'sends the receipt',
  'locks the record',
  'drops stale rows',
  'warms its pool',
];
const manners = ['at most', 'at least', 'no more than', 'exactly', 'about'];
const units = ['times an hour', 'seconds after the event', 'times a day', 'minutes before midnight', 'rows at a time', 'MB at a time'];
const reasons = [
  'because the vendor limits calls',
  'since the incident in March',
  'as agreed with the security team',
  'because older clients break',
  'to keep the bill low',
  'so that support can follow it',
];

/** `count` statements of about 20 words; two in ten are edited copies of an earlier one (word order, casing, an added clause). */
export function makeStatements(count: number, seed: number): readonly string[] {
  const random = makeRandom(seed);
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
  const statements: string[] = [];
  while (statements.length < count) {
    const earlier = statements[Math.floor(random() * statements.length)];
    if (earlier !== undefined && random() < 0.2) {
      statements.push(
        random() < 0.5 ? earlier.toLowerCase() : `${earlier.slice(0, -1)}, see ticket ${Math.floor(random() * 9000) + 1000}.`,
      );
      continue;
    }
    const code = `${pick(['svc', 'job', 'app', 'lib'])}-${Math.floor(random() * 100_000)}`;
    const number = Math.floor(random() * 500) + 2;
    statements.push(
      `For ${code}, ${pick(subjects)} ${pick(rules)} ${pick(manners)} ${number} ${pick(units)} ${pick(places)}, ${pick(reasons)}.`,
    );
  }
  return statements;
}
