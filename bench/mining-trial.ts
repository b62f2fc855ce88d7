/**
 * One trial in a process of its own: `mine FOLDER` or `parse FOLDER`. Prints one JSON line. Seconds are the process's own on the processor,
 * so that what else the machine does counts little; `elapsed` is by the clock.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { loadWordVectors } from '../dist/embed/words.js';
import type { Turn } from '../dist/memory.js';
import { mineInsights } from '../dist/mine/mine.js';
import { FileListener, Listener } from '../dist/pipeline/listening.js';
import { listTranscripts, readTranscript } from '../dist/read/transcript.js';
import { stemOf } from '../dist/relate/word-forms.js';
import { spokenStatements } from '../dist/segment/session.js';
import { SignalReader } from '../dist/segment/signals.js';
import type { SessionSignals } from '../dist/signals.js';

const [name, folder = ''] = process.argv.slice(2);
/** Sessions that are gone through once before the clock starts, so that compiling the code counts for no size. */
const warmUp = 10;
const files = readdirSync(folder)
  .sort()
  .map((file) => join(folder, file));

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

interface Seconds {
  read: number;
  said: number;
  signals: number;
  mining: number;
}

/** What a dream does with each file, its turns held until it is read, so that each part can be timed apart. */
async function mine(paths: readonly string[]): Promise<{ readonly seconds: Seconds; readonly found: number }> {
  const { signal } = new AbortController();
  const seconds: Seconds = { read: 0, said: 0, signals: 0, mining: 0 };
  const words = loadWordVectors();
  const listener = new Listener();
  const signals: SessionSignals[] = [];
  let from = processorSeconds();
  const lap = (part: keyof Seconds): void => {
    const now = processorSeconds();
    seconds[part] += now - from;
    from = now;
  };
  const listed = await listTranscripts(paths, { signal });
  for (const file of listed.files) {
    const heard = new FileListener((text) => text);
    const turns: Turn[] = [];
    for await (const item of readTranscript(file, { persons: {}, signal })) {
      if (item.kind === 'session') heard.start(item.info.folder);
      else if (item.kind === 'turn') turns.push(item.turn);
    }
    lap('read');
    const readers = new Map<string, SignalReader>();
    for (const turn of turns) {
      const reader = readers.get(turn.sessionId) ?? new SignalReader(turn.sessionId, file);
      readers.set(turn.sessionId, reader);
      reader.accept(turn);
    }
    for (const reader of readers.values()) signals.push(reader.finish());
    lap('signals');
    for (const turn of turns) {
      heard.take(turn);
      spokenStatements(turn);
    }
    listener.take(heard.finish());
    lap('said');
  }
  listener.announced();
  lap('said');
  const insights = mineInsights(signals, { words, stem: stemOf, minSupport: 3 });
  lap('mining');
  return { seconds, found: insights.length };
}

/** The rival: every line of the same files parsed and forgotten. */
function parse(paths: readonly string[]): { readonly seconds: { readonly parse: number }; readonly found: number } {
  const from = processorSeconds();
  let found = 0;
  for (const path of paths)
    for (const line of readFileSync(path, 'utf8').split('\n')) if (line !== '' && JSON.parse(line) !== null) found += 1;
  return { seconds: { parse: processorSeconds() - from }, found };
}

const run = name === 'mine' ? mine : parse;
await run(files.slice(0, warmUp));
const started = performance.now();
const result = await run(files);
const elapsed = (performance.now() - started) / 1000;
const megabytes = files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
const peakMb = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(JSON.stringify({ sessions: files.length, megabytes, peakMb, elapsed, ...result }));
