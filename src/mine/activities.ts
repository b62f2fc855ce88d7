/**
 * Actions as items of a taxonomy: the more general item stands for all runs of an operation, the more particular ones for those with one
 * argument or option that several sessions share. What differs each time is in none of them.
 */
import type { Action, SessionSignals } from '../signals.js';
import { commandOf } from './commands.js';
import { isCommonWord, isEveryday, plainWords } from './operations.js';

/** `own` is what a way of working can be made of; `routine` only completes it (a test run, an edit, a commit). */
export type ActivityClass = 'own' | 'routine' | 'edit' | 'look';

const maxFeatures = 4;
const maxWords = 5;
/** An option that nearly every run of an operation has tells no two of them apart. */
const constantShare = 0.9;

const routineWords =
  /^(?:tests?|jest|vitest|pytest|mocha|rspec|phpunit|ctest|typecheck|type-check|tsc|lint|eslint|prettier|biome|format|fmt|black|ruff|mypy|flake8|install|ci|add|remove|uninstall|version|--version|pip|psql|mysql|sqlite3|kill|ps)$/u;

/** By what it does, not by how it went: an everyday command and one that checks or installs are `routine`, even where a project names it its own way. */
export function classOf(action: Action): ActivityClass {
  if (action.kind === 'edit') return 'edit';
  if (action.kind === 'look') return 'look';
  if (action.kind === 'call') return 'own';
  return isEveryday(action) || rootWords(action).some((word) => routineWords.test(word)) ? 'routine' : 'own';
}

/** The words of an action up to the first that tells what it does: `uv run sqlfluff`, `terraform plan`, `./deploy.sh`. */
function rootWords(action: Action): readonly string[] {
  const words = plainWords(action).slice(0, maxWords);
  const at = words.findIndex((word, index) => !runnerWords.has(word) && (index > 0 || !isCommonWord(word)));
  return at === -1 ? words : words.slice(0, at + 1);
}

const runnerWords = new Set([
  'run',
  'exec',
  'compose',
  'x',
  'dlx',
  'npm',
  'pnpm',
  'yarn',
  'bun',
  'npx',
  'uv',
  'poetry',
  'pipenv',
  'bundle',
  'python',
  'python3',
  'node',
  'docker',
  'podman',
  'make',
  'just',
]);

function editKeys({ target, words }: Action): readonly string[] {
  const ending = words[1]?.startsWith('.') === true ? words[1] : '';
  const folder = target.includes('/') ? `${target.split('/')[0] ?? ''}/` : '';
  return [`edit *${ending}`, `edit ${folder}*${ending}`, `edit ${target}`];
}

/** From the most general key to the most particular, without options. */
function wordKeys(action: Action): readonly string[] {
  if (action.kind === 'edit') return editKeys(action);
  const words = plainWords(action).slice(0, maxWords);
  const root = Math.max(1, rootWords(action).length);
  return words.slice(root - 1).map((_, at) => words.slice(0, root + at).join(' '));
}

function featuresOf(action: Action): readonly string[] {
  if (action.kind === 'edit') return [];
  return commandOf(action).options.flatMap(({ name, value }) =>
    value === null || value.length > 60 ? [name] : [`${name}=${value}`, name],
  );
}

/** All names of an action: of the operation, and of it with each of its options. */
function namesOf(action: Action): readonly string[] {
  const keys = wordKeys(action);
  return [...keys, ...featuresOf(action).map((feature) => `${keys[0] ?? ''} | ${feature}`)];
}

/** How many hold each key. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(keys: Iterable<string>): void {
    for (const key of new Set(keys)) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}

export class Activities {
  readonly #minSupport: number;
  /** Sessions, and single actions, that hold a name. */
  readonly #tally = new Tally();
  readonly #uses = new Tally();
  readonly #ids = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #parents: (number | null)[] = [];
  readonly #frequency: number[] = [];
  readonly #known = new Map<Action, number | null>();

  constructor(sessions: readonly SessionSignals[], minSupport: number) {
    this.#minSupport = minSupport;
    for (const { steps } of sessions) {
      const names = steps.map(({ action }) => namesOf(action));
      this.#tally.add(names.flat());
      for (const one of names) this.#uses.add(one);
    }
    const lines = sessions.map(({ steps }) => steps.map(({ action }) => this.#lineOf(action)));
    const counts = new Tally();
    for (const line of lines) counts.add(line.flat());
    for (const [n, { steps }] of sessions.entries()) {
      for (const [at, { action }] of steps.entries()) {
        let item: number | null = null;
        for (const key of lines[n]?.[at] ?? []) {
          if (counts.of(key) < minSupport) break;
          item = this.#idOf(key, item, counts.of(key));
        }
        this.#known.set(action, item);
      }
    }
  }

  /** The most particular item that at least `minSupport` sessions share with the action; null where none does. */
  itemOf(action: Action): number | null {
    return this.#known.get(action) ?? null;
  }

  parentOf(item: number): number | null {
    return this.#parents[item] ?? null;
  }

  /** The item and what is more general, in this order. */
  lineage(item: number): readonly number[] {
    const parent = this.parentOf(item);
    return parent === null ? [item] : [item, ...this.lineage(parent)];
  }

  keyOf(item: number): string {
    return this.#keys[item] ?? '';
  }

  /** Key of the operation alone, without arguments that not all runs share. */
  rootOf(item: number): string {
    return this.keyOf(this.lineage(item).at(-1) ?? item);
  }

  /** Sessions that hold the item. */
  frequency(item: number): number {
    return this.#frequency[item] ?? 0;
  }

  #lineOf(action: Action): readonly string[] {
    const keys = wordKeys(action);
    const base = keys[0] ?? '';
    const all = this.#uses.of(base);
    const last = keys.findLast((key) => this.#tally.of(key) >= this.#minSupport) ?? base;
    const features = featuresOf(action).filter((feature) => {
      const name = `${base} | ${feature}`;
      return this.#tally.of(name) >= this.#minSupport && this.#uses.of(name) < constantShare * all;
    });
    const chosen = [...new Set(features)]
      .filter((feature) => !features.some((other) => other.startsWith(`${feature}=`)))
      .toSorted((a, b) => this.#tally.of(`${base} | ${b}`) - this.#tally.of(`${base} | ${a}`) || (a < b ? -1 : 1))
      .slice(0, maxFeatures);
    const line = [...keys.slice(0, keys.indexOf(last) + 1)];
    for (const feature of chosen) line.push(`${line.at(-1) ?? base} | ${feature}`);
    return line;
  }

  #idOf(key: string, parent: number | null, frequency: number): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#keys.length;
    this.#ids.set(key, id);
    this.#keys.push(key);
    this.#parents.push(parent);
    this.#frequency.push(frequency);
    return id;
  }
}
