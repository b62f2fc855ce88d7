import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { ProgressEvent, RunContext, VectorCache } from '../dist/context.js';
import { type EmbedderOptions, openEmbedder } from '../dist/embed/embed.js';
import { encodeTexts, loadStaticModel, shippedModel } from '../dist/embed/static.js';
import { loadWordVectors } from '../dist/embed/words.js';
import { UserError } from '../dist/errors.js';
import { textKey } from '../dist/memory.js';

const root = resolve(import.meta.dirname, '..');
const temporary = mkdtempSync(join(tmpdir(), 'dreamfold-embed-'));
afterAll(() => rmSync(temporary, { recursive: true }));

function makeContext(signal: AbortSignal = new AbortController().signal, events: ProgressEvent[] = []): RunContext {
  return { signal, report: (event) => events.push(event), now: '2026-01-01T00:00:00Z', seed: 1, clockMs: () => 0, threads: 2 };
}

/** A cache in memory that counts what it is given. */
function makeCache(): VectorCache & { readonly rows: Map<string, Float32Array> } {
  const rows = new Map<string, Float32Array>();
  return {
    rows,
    get: (model, keys) => keys.map((key) => rows.get(`${model} ${key}`) ?? null),
    put: (model, added) => {
      for (const { key, vector } of added) rows.set(`${model} ${key}`, vector);
    },
  };
}

async function embed(options: Partial<EmbedderOptions>, texts: readonly string[], cache: VectorCache | null = null): Promise<Float32Array> {
  const embedder = await openEmbedder({ model: null, threads: 1, ...options });
  try {
    return await embedder.embed(texts, cache, makeContext());
  } finally {
    await embedder.close();
  }
}

const nouns = ['server', 'database', 'cache', 'queue', 'linter', 'release', 'branch', 'user', 'invoice', 'port', 'token', 'worker'];
const verbs = ['restarts', 'fails after', 'is deployed with', 'must not share', 'depends on', 'is replaced by', 'waits for'];
/** Distinct sentences, more than stay on the calling thread. */
const sentences = Array.from(
  { length: 6000 },
  (_, i) => `The ${nouns[i % 12]} ${verbs[i % 7]} the ${nouns[(i * 5 + 3) % 12]} number ${i}.`,
);

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

describe('the shipped model', () => {
  const model = loadStaticModel();
  const cosine = (a: string, b: string) => dot(encodeTexts(model, [a]), encodeTexts(model, [b]));

  it('gives vectors of unit length, or zeros', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 5 }), (texts) => {
        const vectors = encodeTexts(model, texts);
        for (const row of texts.keys()) {
          const vector = vectors.subarray(row * model.dimensions, (row + 1) * model.dimensions);
          const square = dot(vector, vector);
          expect(square === 0 || Math.abs(square - 1) < 1e-5).toBe(true);
        }
      }),
    );
    const vector = encodeTexts(model, ['The server restarts.']);
    expect(dot(vector, vector)).toBeCloseTo(1, 5);
    expect(encodeTexts(model, ['', '😀']).every((value) => value === 0)).toBe(true);
  });

  it('finds sentences of the same meaning closer than unrelated ones', () => {
    const pairs = [
      [
        'Use pnpm for installing packages in this repository.',
        'Packages are installed with pnpm in this repo.',
        'The invoice is due on the first of March.',
      ],
      ['The staging server runs on port 8080.', 'Staging listens on port 8080.', 'Prefer early returns over nested ifs.'],
      ['Run the tests before you commit.', 'Tests must be run before committing.', 'Anna drinks her coffee black.'],
      ['The database is backed up every night.', 'There is a nightly database backup.', 'Component names are written in camel case.'],
    ] as const;
    for (const [a, same, other] of pairs) {
      expect(cosine(a, same)).toBeGreaterThan(0.5);
      expect(cosine(a, other)).toBeLessThan(0.35);
    }
  });

  it('is described by its card: the hashes in MODEL.md are those of the files', () => {
    const card = readFileSync(join(shippedModel, 'MODEL.md'), 'utf8');
    const description: { readonly sha256: Readonly<Record<string, string>> } = JSON.parse(
      readFileSync(join(shippedModel, 'model.json'), 'utf8'),
    );
    for (const hash of Object.values(description.sha256)) expect(card).toContain(hash);
    expect(card).toContain(model.id);
  });
});

describe('a damaged model', () => {
  const copy = (name: string) => {
    const folder = join(temporary, name);
    cpSync(shippedModel, folder, { recursive: true });
    return folder;
  };
  const flip = (file: string) => {
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
    writeFileSync(file, bytes);
  };
  const damages: readonly (readonly [string, (folder: string) => void, RegExp])[] = [
    ['one flipped bit of the weights', (folder) => flip(join(folder, 'weights.bin')), /damaged: weights\.bin/],
    ['one flipped bit of the vocabulary', (folder) => flip(join(folder, 'vocab.txt')), /damaged: vocab\.txt/],
    ['weights with a byte too many', (folder) => appendFileSync(join(folder, 'weights.bin'), '\0'), /damaged: weights\.bin/],
    ['a missing vocabulary', (folder) => rmSync(join(folder, 'vocab.txt')), /cannot be read: vocab\.txt \(ENOENT\)/],
    ['a description that is no JSON', (folder) => writeFileSync(join(folder, 'model.json'), '{'), /damaged: model\.json/],
    [
      'a description of another version',
      (folder) => writeFileSync(join(folder, 'model.json'), '{"format":2}'),
      /damaged: model\.json, format/,
    ],
  ];
  for (const [what, damage, message] of damages) {
    it(`is refused: ${what}`, async () => {
      const folder = copy(what.replaceAll(' ', '-'));
      damage(folder);
      expect(() => loadStaticModel(folder)).toThrow(UserError);
      await expect(openEmbedder({ model: folder, threads: 1 })).rejects.toThrow(message);
    });
  }
});

describe('word vectors', () => {
  const words = loadWordVectors();

  it('have unit length and are the same object each time', () => {
    for (const word of ['server', 'postgresql', 'src/app.ts', "don't"]) {
      const vector = words.vectorOf(word);
      expect(vector).not.toBeNull();
      expect(words.vectorOf(word)).toBe(vector);
      if (vector !== null) expect(dot(vector, vector)).toBeCloseTo(1, 5);
    }
    expect(words.vectorOf('😀')).toBeNull();
    expect(words.vectorOf('')).toBeNull();
  });

  it('weigh words by how rare they are', () => {
    const order = ['the', 'with', 'people', 'server', 'staging', 'kubernetes'];
    const weights = order.map(words.weightOf);
    expect(weights).toEqual([...weights].sort((a, b) => a - b));
    expect(words.weightOf('the')).toBeLessThan(0.1);
    expect(words.weightOf('postgresql')).toBeGreaterThan(0.9);
    expect(words.weightOf(',')).toBe(0);
    expect(words.weightOf('8080')).toBeGreaterThanOrEqual(0.5);
  });

  it('weigh every word between 0 and 1', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (word) => {
        expect(words.weightOf(word)).toBeGreaterThanOrEqual(0);
        expect(words.weightOf(word)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the embedder', () => {
  it('gives the same bytes with 1 and 4 threads, and the same as without any', async () => {
    const one = await embed({ threads: 1 }, sentences);
    const four = await embed({ threads: 4 }, sentences);
    expect(Buffer.from(four.buffer).equals(Buffer.from(one.buffer))).toBe(true);
    expect(Buffer.from(encodeTexts(loadStaticModel(), sentences).buffer).equals(Buffer.from(one.buffer))).toBe(true);
  });

  it('gives the same vectors with a cold, a half full and a full cache, and embeds only what is new', async () => {
    const texts = sentences.slice(0, 1200);
    const without = await embed({}, texts);
    const cache = makeCache();
    await embed({}, texts.slice(300, 700), cache);
    expect(cache.rows.size).toBe(400);
    const added: string[] = [];
    const watched: VectorCache = {
      get: cache.get,
      put: (model, rows) => {
        added.push(...rows.map((row) => row.key));
        cache.put(model, rows);
      },
    };
    const half = await embed({}, texts, watched);
    expect(new Set(added)).toEqual(new Set([...texts.slice(0, 300), ...texts.slice(700)].map(textKey)));
    const full = await embed({}, texts, { get: cache.get, put: () => expect.unreachable('everything is known') });
    for (const vectors of [half, full]) expect(Buffer.from(vectors.buffer).equals(Buffer.from(without.buffer))).toBe(true);
  });

  it('does not believe a cached vector of another length', async () => {
    const vectors = await embed({}, ['a text'], { get: (_, keys) => keys.map(() => new Float32Array(3)), put: () => {} });
    expect(Buffer.from(vectors.buffer).equals(Buffer.from((await embed({}, ['a text'])).buffer))).toBe(true);
  });

  it('gives texts with one key one vector, whichever comes first', async () => {
    const same = ['caf\u00e9  opens', 'cafe\u0301 opens\n', ' caf\u00e9 opens', '\ud87e\udc00 x', '\u4e3d x'];
    const forwards = await embed({}, same);
    const backwards = await embed({}, [...same].reverse());
    const row = (vectors: Float32Array, i: number) => [...vectors.subarray(i * 128, (i + 1) * 128)];
    for (const [i, text] of same.entries()) {
      expect(row(forwards, i)).toEqual(row(backwards, same.length - 1 - i));
      for (const [j, other] of same.entries()) if (textKey(text) === textKey(other)) expect(row(forwards, i)).toEqual(row(forwards, j));
    }
  });

  it('reports progress up to the number of distinct texts', async () => {
    const events: ProgressEvent[] = [];
    await using embedder = await openEmbedder({ model: null, threads: 2 });
    await embedder.embed([...sentences, ...sentences], null, makeContext(undefined, events));
    const done = events.map((event) => (event.kind === 'stage' ? event.done : -1));
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(events.at(-1)).toEqual({ kind: 'stage', stage: 'embed', done: 6000, total: 6000, unit: 'statements' });
  });

  it('stops when it is told to, and can be used again', async () => {
    await using embedder = await openEmbedder({ model: null, threads: 2 });
    const controller = new AbortController();
    const stopAtFirst: RunContext = { ...makeContext(controller.signal), report: () => controller.abort(new Error('stopped')) };
    await expect(embedder.embed(sentences, null, stopAtFirst)).rejects.toThrow('stopped');
    expect((await embedder.embed(['again'], null, makeContext())).length).toBe(embedder.dimensions);
  });

  it('takes no texts', async () => {
    expect((await embed({}, [])).length).toBe(0);
  });

  it('is calibrated with the shipped model alone', async () => {
    const folder = join(temporary, 'other');
    cpSync(shippedModel, folder, { recursive: true });
    await using shipped = await openEmbedder({ model: null, threads: 1 });
    await using other = await openEmbedder({ model: folder, threads: 1 });
    expect([shipped.calibrated, other.calibrated]).toEqual([true, false]);
    expect(other.id).toBe(shipped.id);
  });
});

const tiny = join(root, 'test', 'fixtures', 'tiny-onnx');
const hasTransformers = (() => {
  try {
    createRequire(import.meta.url).resolve('@huggingface/transformers');
    return true;
  } catch {
    console.log('skipped: @huggingface/transformers is not installed');
    return false;
  }
})();

/** The numbers of scripts/make-tiny-onnx.ts. */
function noise(count: number, seed: number): readonly number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return ((state >>> 16) % 129) / 64 - 1;
  });
}

/** Mean over `[CLS] ids [SEP]` of each token's row times the matrix plus the row of type 0, at unit length. */
function tinyVector(ids: readonly number[], pieces: number): number[] {
  const [table, matrix, types] = [noise(pieces * 16, 1), noise(256, 2), noise(32, 3)];
  const all = [2, ...ids, 3];
  const mean = Array.from({ length: 16 }, (_, column) => {
    const states = all.map((id) => {
      const products = Array.from({ length: 16 }, (_, i) => (table[id * 16 + i] ?? 0) * (matrix[i * 16 + column] ?? 0));
      return products.reduce((sum, value) => sum + value, types[column] ?? 0);
    });
    return states.reduce((sum, value) => sum + value, 0) / all.length;
  });
  const length = Math.hypot(...mean);
  return mean.map((value) => value / length);
}

describe('a transformers.js model', () => {
  it('of the fixture is what its script writes', () => {
    const folder = join(temporary, 'tiny-onnx');
    execFileSync(process.execPath, ['--import', 'tsx', 'scripts/make-tiny-onnx.ts', folder], { cwd: root });
    for (const name of ['onnx/model.onnx', ...readdirSync(tiny).filter((entry) => entry !== 'onnx')]) {
      expect(readFileSync(join(folder, name)).equals(readFileSync(join(tiny, name)))).toBe(true);
    }
  });

  it.skipIf(!hasTransformers)('runs from a local folder and gives what its graph says', async () => {
    const { model }: { readonly model: { readonly vocab: Readonly<Record<string, number>> } } = JSON.parse(
      readFileSync(join(tiny, 'tokenizer.json'), 'utf8'),
    );
    const texts = ['The cat sat on the mat.', 'run tests', '', 'The cat sat on the mat.', 'builder'];
    const pieces = [
      ['the', 'cat', 'sat', 'on', 'the', 'mat', '.'],
      ['run', 'tests'],
      null,
      ['the', 'cat', 'sat', 'on', 'the', 'mat', '.'],
      null,
    ];
    await using embedder = await openEmbedder({ model: tiny, threads: 2 });
    expect(embedder.dimensions).toBe(16);
    expect(embedder.calibrated).toBe(false);
    expect(embedder.id).toMatch(/^tiny-onnx@[0-9a-f]{12}$/);
    const vectors = await embedder.embed(texts, null, makeContext());
    for (const [row, words] of pieces.entries()) {
      if (words === null) continue;
      const expected = tinyVector(
        words.map((word) => model.vocab[word] ?? 1),
        Object.keys(model.vocab).length,
      );
      for (const [i, value] of expected.entries()) expect(vectors[row * 16 + i]).toBeCloseTo(value, 5);
    }
    expect(vectors.subarray(32, 48).every((value) => value === 0)).toBe(true);
  });

  it.skipIf(!hasTransformers)('gives the same bytes with 1 and 3 threads and from the cache', async () => {
    const texts = sentences.slice(0, 200);
    const cache = makeCache();
    const one = await embed({ model: tiny, threads: 1 }, texts.slice(100, 150), cache).then(() =>
      embed({ model: tiny, threads: 1 }, texts, cache),
    );
    const three = await embed({ model: tiny, threads: 3 }, texts);
    expect(Buffer.from(three.buffer).equals(Buffer.from(one.buffer))).toBe(true);
  });

  it.skipIf(!hasTransformers)('pools as 1_Pooling/config.json says, under another id', async () => {
    const folder = join(temporary, 'first-token');
    cpSync(tiny, folder, { recursive: true });
    cpSync(join(tiny, 'config.json'), join(folder, '1_Pooling', 'config.json'));
    const say = (config: object) => writeFileSync(join(folder, '1_Pooling', 'config.json'), JSON.stringify(config));
    say({ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false });
    await using embedder = await openEmbedder({ model: folder, threads: 1 });
    const vectors = await embedder.embed(['cat', 'server'], null, makeContext());
    expect([...vectors.subarray(0, 16)]).toEqual([...vectors.subarray(16)]);
    say({ pooling_mode_max_tokens: true });
    await expect(openEmbedder({ model: folder, threads: 1 })).rejects.toThrow(/pools its tokens/);
  });

  const copyWith = (name: string, files: Readonly<Record<string, unknown>>): string => {
    const folder = join(temporary, name);
    cpSync(tiny, folder, { recursive: true });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return folder;
  };
  const prompting = 'config_sentence_transformers.json';

  it.skipIf(!hasTransformers)('gets the prompt before each text that its configuration asks for', async () => {
    const plain = await embed({ model: tiny }, ['use the cat', 'run the cat', 'the cat']);
    const row = (vectors: Float32Array, i: number) => [...vectors.subarray(i * 16, (i + 1) * 16)];
    const [use, run, none] = [row(plain, 0), row(plain, 1), row(plain, 2)];
    const cases: readonly (readonly [string, object, readonly number[]])[] = [
      ['default', { prompts: { query: 'run ', other: 'use ' }, default_prompt_name: 'other' }, use],
      ['similarity', { prompts: { query: 'run ', passage: 'run ', STS: 'use ' }, default_prompt_name: null }, use],
      ['both-sides', { prompts: { query: 'use ', passage: 'run ' } }, use],
      ['document', { prompts: { query: 'use ', document: 'run ' } }, use],
      ['questions-alone', { prompts: { query: 'run ', document: '' } }, none],
      ['no-prompts', { similarity_fn_name: 'cosine' }, none],
    ];
    expect(use).not.toEqual(run);
    for (const [name, config, wanted] of cases) {
      await using embedder = await openEmbedder({ model: copyWith(`prompt-${name}`, { [prompting]: config }), threads: 1 });
      expect([name, [...(await embedder.embed(['the cat'], null, makeContext()))]]).toEqual([name, wanted]);
    }
  });

  it.skipIf(!hasTransformers)('reads both forms of the pooling configuration, and the steps after it', async () => {
    const step = (type: string) => ({ idx: 0, name: '0', path: '', type: `sentence_transformers.models.${type}` });
    const modules = ['Transformer', 'Pooling', 'Normalize'].map(step);
    const older = copyWith('older', { '1_Pooling/config.json': { pooling_mode_cls_token: true }, 'modules.json': modules });
    const newer = copyWith('newer', { '1_Pooling/config.json': { pooling_mode: 'cls' } });
    const plain = await embed({ model: tiny }, ['cat']);
    const [first, second] = [await embed({ model: older }, ['cat']), await embed({ model: newer }, ['cat'])];
    expect(first).toEqual(second);
    expect(first).not.toEqual(plain);
    expect(dot(first, first)).toBeCloseTo(1, 5);
  });

  it.skipIf(!hasTransformers)('is refused where its configuration is damaged or asks for what is not known', async () => {
    const cases: readonly (readonly [string, string, unknown, RegExp])[] = [
      ['two-modes', '1_Pooling/config.json', { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true }, /pools its tokens/],
      ['without-prompt', '1_Pooling/config.json', { pooling_mode_mean_tokens: true, include_prompt: false }, /pools its tokens/],
      ['no-pooling', '1_Pooling/config.json', '{', /1_Pooling\/config\.json is damaged/],
      ['dense', 'modules.json', [{ type: 'sentence_transformers.models.Dense' }], /a step Dense/],
      ['no-modules', 'modules.json', { type: 1 }, /modules\.json .* is not understood/],
      ['no-prompt', prompting, { prompts: { query: 1 } }, /config_sentence_transformers\.json .* is not understood/],
      ['no-config', 'config.json', '[]', /config\.json is missing or is no configuration/],
    ];
    for (const [name, path, content, message] of cases) {
      const opening = openEmbedder({ model: copyWith(`refused-${name}`, { [path]: content }), threads: 1 });
      await expect(opening, name).rejects.toThrow(UserError);
      await expect(opening, name).rejects.toThrow(message);
    }
  });

  it.skipIf(!hasTransformers)('that cannot be used is refused with what to do about it', async () => {
    const broken = join(temporary, 'broken-onnx');
    cpSync(tiny, broken, { recursive: true });
    writeFileSync(join(broken, 'onnx', 'model.onnx'), 'no graph');
    const cases = [
      [temporary, /has no ONNX file/],
      [broken, /cannot be loaded/],
      [join(temporary, 'absent'), /No model folder/],
    ] as const;
    for (const [model, message] of cases) {
      const opening = openEmbedder({ model, threads: 1 });
      await expect(opening).rejects.toThrow(UserError);
      await expect(opening).rejects.toThrow(message);
    }
  });
});
