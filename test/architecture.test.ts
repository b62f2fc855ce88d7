/**
 * The house rules that a machine can check (README, "Code map"): which folder may import which, no cycles, which file may touch
 * the network, threads, SQL, the user's files and the clock, and how long a file may be.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');
const vocabulary = ['memory.ts', 'signals.ts', 'errors.ts', 'context.ts', 'config.ts'];
const stages = ['read', 'segment', 'embed', 'index', 'relate', 'cluster', 'mine', 'resolve', 'write', 'review', 'server', 'store'];

/** What each room may import besides itself and the vocabulary. A stage imports no other stage. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(stages.map((stage) => [stage, []])),
  'pipeline.ts': stages,
  pipeline: [...stages, 'pipeline'],
  // Measures the command line from outside, and the index by its own call.
  bench: ['embed', 'index', 'write'],
  'api.ts': ['pipeline.ts', 'pipeline', 'bench'],
  cli: ['api.ts'],
};

const maxLines = 420;

interface Source {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly {
    readonly target: string;
    readonly typeOnly: boolean;
  }[];
}

function list(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory() ? list(path) : entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

/** Comments and strings may say `fetch` or `SELECT`; only code counts. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1');
}

const sources: readonly Source[] = list(src).map((path) => {
  const text = readFileSync(path, 'utf8');
  const imports = [
    ...text.matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from\s+'([^']+)';/gms),
    ...text.matchAll(/^import\s+()'([^']+)';/gm),
  ].map((match) => ({
    target: match[2] ?? '',
    typeOnly: match[1] !== undefined && match[1] !== '',
  }));
  return { file: relative(src, path).split(sep).join('/'), text, imports };
});

const room = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : file);
const inside = (source: Source) =>
  source.imports
    .filter(({ target }) => target.startsWith('.'))
    .map(({ target, typeOnly }) => ({
      file: posix.normalize(posix.join(posix.dirname(source.file), target)).replace(/\.js$/, '.ts'),
      typeOnly,
    }));

describe('architecture', () => {
  it('reads every source file', () => {
    expect(sources.length).toBeGreaterThanOrEqual(vocabulary.length);
    expect(sources.map((source) => source.file)).toEqual(expect.arrayContaining(vocabulary));
  });

  it('imports follow the table: a stage never imports another stage', () => {
    const broken = sources.flatMap((source) => {
      const from = room(source.file);
      const allowed = new Set([...vocabulary, from, ...(mayImport[from] ?? [])]);
      const isVocabulary = vocabulary.includes(source.file);
      return inside(source)
        .filter(({ file }) => (isVocabulary ? !vocabulary.includes(file) : !allowed.has(room(file))))
        .map(({ file }) => `${source.file} -> ${file}`);
    });
    expect(broken).toEqual([]);
  });

  it('every file stands in a room of the table', () => {
    const rooms = new Set([...vocabulary, ...Object.keys(mayImport)]);
    expect(sources.map((source) => source.file).filter((file) => !rooms.has(room(file)))).toEqual([]);
  });

  it('imports go in no circle', () => {
    const edges = new Map(
      sources.map((source) => [
        source.file,
        inside(source)
          .filter((edge) => !edge.typeOnly)
          .map((edge) => edge.file),
      ]),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      else if (!done.has(file)) {
        for (const next of edges.get(file) ?? []) walk(next, [...path, file]);
        done.add(file);
      }
    };
    for (const file of edges.keys()) walk(file, []);
    expect(circles).toEqual([]);
  });

  it('no file is a barrel, none is named index.ts or utils.ts', () => {
    expect(sources.map((source) => source.file).filter((file) => /(^|\/)(index|utils?|helpers?|common|misc)\.ts$/.test(file))).toEqual([]);
  });

  it(`no file is longer than ${maxLines} lines`, () => {
    const long = sources.filter((source) => source.text.split('\n').length > maxLines).map((source) => source.file);
    expect(long).toEqual([]);
  });
});

/** A capability, the pattern that shows its use in code, and the only places that may have it. */
const capabilities: readonly {
  readonly name: string;
  readonly pattern: RegExp;
  readonly only: readonly string[];
}[] = [
  {
    name: 'network out',
    pattern: /\bfetch\(|from 'node:https?'|from '@anthropic-ai|import\('@anthropic-ai|from 'undici'/,
    only: ['relate/claude.ts', 'embed/download.ts', 'server/'],
  },
  {
    name: 'listening',
    pattern: /\.listen\(|createServer\(/,
    only: ['server/'],
  },
  {
    name: 'SQL',
    pattern: /from 'better-sqlite3'|\b(SELECT|INSERT INTO|DELETE FROM|UPDATE \w+ SET|CREATE TABLE)\b/,
    only: ['store/'],
  },
  {
    name: "writing the user's files",
    pattern:
      /\b(writeFile|writeFileSync|rename|renameSync|unlink|unlinkSync|rmSync|rm|mkdir|mkdirSync|createWriteStream|writeSync|chmodSync|openSync)\(/,
    only: ['write/', 'store/'],
  },
  {
    name: 'threads',
    pattern: /from 'piscina'|from 'node:worker_threads'|new Worker\(/,
    only: ['embed/', 'index/', 'relate/', 'server/'],
  },
  {
    name: 'child processes',
    pattern: /from 'node:child_process'/,
    only: ['bench/trial.ts'],
  },
  {
    name: 'clock and chance',
    pattern: /\bDate\.now\(\)|new Date\(\)|Math\.random\(|performance\.now\(|randomUUID\(|randomBytes\(/,
    only: ['cli/'],
  },
  {
    name: 'console and process',
    pattern: /\bconsole\.|process\.(exit|env|stdout|stderr|stdin|argv|exitCode)/,
    only: ['cli/'],
  },
];

describe('capabilities', () => {
  for (const { name, pattern, only } of capabilities) {
    it(`${name}: only in ${only.join(', ')}`, () => {
      const users = sources.filter((source) => pattern.test(withoutComments(source.text))).map((source) => source.file);
      expect(users.filter((file) => !only.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place)))).toEqual([]);
    });
  }
});
