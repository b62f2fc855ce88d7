/**
 * One dream in a process of its own: `STORE SESSIONS DB OUT`. Prints one JSON line. Seconds are those of the processor, so that what else the
 * machine does counts little; `found` is a hash over changes, findings and the new store.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openDreamfold } from '../dist/api.js';

const [store = '', sessions = '', db = '', out = ''] = process.argv.slice(2);

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const library = openDreamfold({ db, now: () => '2026-06-01T00:00:00Z', clockMs: processorMs, threads: 1, offline: true });
const from = processorMs();
const { dream, changes, findings } = await library.dream({ store, sessions: [sessions], out, llm: 'off' });
const seconds = (processorMs() - from) / 1000;
library.close();
const hash = createHash('sha256').update(JSON.stringify([changes, findings]));
for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' }).sort()) {
  const path = join(out, name);
  if (statSync(path).isFile()) hash.update(name).update(readFileSync(path));
}
const { statements = 0, seconds: stages = {} } = dream.summary ?? {};
console.log(JSON.stringify({ seconds, statements, changes: changes.length, stages, found: hash.digest('hex') }));
