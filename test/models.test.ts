/** `models list|pull|check|calibrate`, and the options that use what they leave behind, from the command line. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openStore } from '../dist/store/store.js';
import { newFolder, type Outcome, run } from './cli-run.js';
import { startHub } from './support/hub.js';

const fixtures = resolve(import.meta.dirname, 'fixtures');
const nli = join(fixtures, 'tiny-nli');
const embedding = join(fixtures, 'tiny-onnx');
const hasTransformers = (() => {
  try {
    createRequire(import.meta.url).resolve('@huggingface/transformers');
    return true;
  } catch {
    return false;
  }
})();

const pairs = [
  { id: 'p1', a: 'The cat sat on the mat.', b: 'A cat is on the mat.', a_time: '2026-01-01T00:00:00Z', b_time: '2026-02-01T00:00:00Z' },
  { id: 'p2', a: 'The server runs the tests.', b: 'The server does not run the tests.' },
  { id: 'p3', a: 'Use a port for the server.', b: 'use a port for the **server**' },
  { id: 'p4', a: 'The dog is not on the mat.', b: 'Run the tests in the build.' },
];
const linesOf = (list: readonly object[]) => list.map((item) => `${JSON.stringify(item)}\n`).join('');

/** A folder with a database of its own, pairs to judge, a store and records. */
class Place {
  readonly cwd = newFolder();

  constructor() {
    writeFileSync(join(this.cwd, 'pairs.jsonl'), linesOf(pairs));
    writeFileSync(join(this.cwd, 'turned.jsonl'), linesOf([...pairs].reverse()));
    mkdirSync(join(this.cwd, 'memory'));
    const notes = ['The cat sat on the mat.', 'A cat sat on the mat.', 'The server runs tests.', 'The server does not run tests.'];
    writeFileSync(join(this.cwd, 'memory', 'notes.md'), `# Notes\n\n${notes.map((note) => `- ${note}`).join('\n')}\n`);
    writeFileSync(join(this.cwd, 'notes.txt'), 'the cat sat\nthe cat sat on\nrun the build\n');
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return run(args, { cwd: this.cwd, env: { DREAMFOLD_MODELS: join(this.cwd, 'cache'), ...env } });
  }

  async json(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { code, stdout, stderr } = await this.run([...args, '--json'], env);
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
    return JSON.parse(stdout);
  }
}

describe.skipIf(!hasTransformers)('a cross-encoder', () => {
  it('is calibrated, then judges pairs, the same with any number of threads and in any order', async () => {
    const place = new Place();
    const early = await place.run(['relate', 'pairs.jsonl', '--cross-encoder', nli]);
    expect({ code: early.code, stdout: early.stdout }).toEqual({ code: 2, stdout: '' });
    expect(early.stderr).toContain(`dreamfold models calibrate ${nli}`);

    const calibrated = await place.json(['models', 'calibrate', nli, '--pairs', '300', '--activate']);
    expect(calibrated).toMatchObject({ head: 'nli', active: true });
    expect(calibrated.id).toMatch(/^tiny-nli@[0-9a-f]{12}$/);
    expect(calibrated.before.pairs).toBe(calibrated.after.pairs);
    expect(calibrated.asked).toBeGreaterThan(200);

    const relate = async (file: string, ...more: string[]) => {
      const { code, stdout } = await place.run(['relate', file, '--cross-encoder', nli, ...more]);
      expect(code).toBe(0);
      return stdout.trimEnd().split('\n');
    };
    const one = await relate('pairs.jsonl', '--threads', '1');
    expect(await relate('pairs.jsonl', '--threads', '2')).toEqual(one);
    expect((await relate('turned.jsonl')).reverse()).toEqual(one);
    const verdicts = one.map((line) => JSON.parse(line));
    expect(verdicts.map(({ id }) => id)).toEqual(['p1', 'p2', 'p3', 'p4']);
    expect(verdicts[0].reason).toContain(`second stage asked: ${calibrated.id}`);
    expect(verdicts[2]).toMatchObject({ relation: 'duplicate', decided_by: 'rule' });
    expect(verdicts[2].reason).not.toContain('second stage');
    const alone = (await place.run(['relate', 'pairs.jsonl'])).stdout.split('\n').map((line) => (line === '' ? null : JSON.parse(line)));
    expect(alone[0].probabilities).not.toEqual(verdicts[0].probabilities);
    expect(alone[0].reason).not.toContain('second stage');
  });

  it('joins dream, audit, dedupe and explain; a dream is the same with 1 and 2 threads', async () => {
    const place = new Place();
    const { id } = await place.json(['models', 'calibrate', nli, '--pairs', '300', '--activate']);
    const changesWith = async (threads: string) => {
      const out = join(place.cwd, `out-${threads}`);
      await place.json(['dream', '--store', 'memory', '--out', out, '--cross-encoder', nli, '--threads', threads]);
      const { changes } = await place.json(['changes']);
      return { changes, notes: readFileSync(join(out, 'notes.md'), 'utf8') };
    };
    const one = await changesWith('1');
    expect(await changesWith('2')).toEqual(one);
    expect(one.changes.length).toBeGreaterThan(0);
    const { pairs: explained } = await place.json(['explain', one.changes[0].id]);
    expect(explained[0].reason).toContain(`second stage asked: ${id}`);
    await place.json(['audit', 'memory', '--cross-encoder', nli]);
    expect(await place.json(['dedupe', 'notes.txt', '--cross-encoder', nli])).toMatchObject({ records: 3 });
  });

  it('that is no better is not used unless it is told to', async () => {
    const place = new Place();
    const { code, stdout, stderr } = await place.run(['models', 'calibrate', nli, '--pairs', '60']);
    expect(code).toBe(0);
    expect(stdout).toContain('No better than without.');
    expect(stderr).toContain('--activate');
    for (const args of [
      ['relate', 'pairs.jsonl'],
      ['dream', '--store', 'memory'],
      ['audit', 'memory'],
      ['dedupe', 'notes.txt'],
    ]) {
      const refused = await place.run([...args, '--cross-encoder', nli]);
      expect({ args, code: refused.code, stdout: refused.stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(refused.stderr).toContain(`dreamfold models calibrate ${nli} --activate`);
    }
    expect(await place.json(['list'])).toEqual([]);
  });

  it('that was calibrated for another relation model has to be calibrated again', async () => {
    const place = new Place();
    await place.json(['models', 'calibrate', nli, '--pairs', '60', '--activate']);
    const store = openStore(join(place.cwd, 'data', 'dreamfold.db'));
    for (const row of store.listCalibrations()) store.saveCalibration({ ...row, value: { ...Object(row.value), judge: 'an older one' } });
    store.close();
    const { code, stderr } = await place.run(['relate', 'pairs.jsonl', '--cross-encoder', nli]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/another version.*dreamfold models calibrate/);
  });

  it('under another hash is another model', async () => {
    const place = new Place();
    const copy = join(place.cwd, 'tiny-nli');
    cpSync(nli, copy, { recursive: true });
    await place.json(['models', 'calibrate', 'tiny-nli', '--pairs', '60', '--activate']);
    const config: object = JSON.parse(readFileSync(join(copy, 'config.json'), 'utf8'));
    writeFileSync(join(copy, 'config.json'), JSON.stringify({ ...config, note: 'changed' }));
    const { code, stderr } = await place.run(['relate', 'pairs.jsonl', '--cross-encoder', 'tiny-nli']);
    expect(code).toBe(2);
    expect(stderr).toContain('never calibrated');
  });
});

describe.skipIf(!hasTransformers)('an embedding model', () => {
  it('that was never checked is used with a warning, once it is checked without', async () => {
    const place = new Place();
    const audit = () => place.run(['audit', 'memory', '--model', embedding]);
    const before = await audit();
    expect(before.code).toBe(0);
    expect(before.stderr.match(/never calibrated/g)).toHaveLength(1);
    expect(before.stderr).toContain(`dreamfold models check ${embedding}`);
    const checked = await place.json(['models', 'check', embedding, '--pairs', '300']);
    expect(checked).toMatchObject({ dimensions: 16, recipe: { pooling: 'mean', prompt: '', normalizes: false } });
    expect(checked.min_similarity).toBeLessThan(checked.quantiles.duplicate.q25);
    expect(checked.roc_area).toBeGreaterThan(0.5);
    expect((await audit()).stderr).not.toContain('never calibrated');
    const again = await place.json(['models', 'check', embedding, '--pairs', '300', '--threads', '2']);
    expect(again).toEqual(checked);
  });

  it('gives dedupe by similarity its threshold', async () => {
    const place = new Place();
    const { threshold } = await place.json(['models', 'check', embedding, '--pairs', '300']);
    const dedupe = (...more: string[]) => place.json(['dedupe', 'notes.txt', '--by', 'similarity', '--model', embedding, ...more]);
    const { seconds: _own, peak_rss_mb: _peak, ...own } = await dedupe();
    const { seconds: _given, peak_rss_mb: _other, ...given } = await dedupe('--threshold', String(threshold.value));
    expect(own).toEqual(given);
  });

  it('that ships can be checked too', async () => {
    const checked = await new Place().json(['models', 'check', 'dreamfold-static', '--pairs', '1000']);
    expect(checked).toMatchObject({ dimensions: 128, recipe: null });
    expect(checked.roc_area).toBeGreaterThan(0.8);
    expect(checked.min_similarity).toBeGreaterThan(0.1);
  });
});

describe.skipIf(!hasTransformers)('a model of the hub', () => {
  it('is fetched once, listed, and works without a network from then on', async () => {
    const place = new Place();
    const hub = await startHub({ 'someone/nli': nli, 'someone/vectors': embedding });
    const env = { DREAMFOLD_OFFLINE: '0', HF_ENDPOINT: hub.url };
    const pulled = await place.json(['models', 'pull', 'someone/nli'], env);
    expect(pulled).toMatchObject({ name: 'someone/nli', kind: 'cross-encoder' });
    expect(pulled.id).toMatch(/^someone\/nli@[0-9a-f]{12}$/);
    expect(pulled.fetched_bytes).toBe(pulled.size_bytes);
    expect(await place.json(['models', 'pull', 'someone/nli'], env)).toEqual({ ...pulled, fetched_bytes: 0 });
    expect(await place.json(['models', 'calibrate', 'someone/nli', '--pairs', '60', '--activate'])).toMatchObject({ id: pulled.id });
    expect((await place.run(['relate', 'pairs.jsonl', '--cross-encoder', 'someone/nli'])).code).toBe(0);

    // What is not here yet is fetched where it is first needed.
    await place.json(['models', 'check', 'someone/vectors', '--pairs', '60'], env);
    const asked = hub.asked.length;
    await place.json(['audit', 'memory', '--model', 'someone/vectors'], env);
    expect(hub.asked.length).toBe(asked);

    const { shipped, cached, calibrated } = await place.json(['models', 'list']);
    expect(shipped.map(({ kind }: { kind: string }) => kind)).toEqual(['embedding', 'relation']);
    expect(cached).toMatchObject([
      { name: 'someone/nli', kind: 'cross-encoder', calibrated: true },
      { name: 'someone/vectors', kind: 'embedding', calibrated: true },
    ]);
    expect(calibrated.map(({ kind }: { kind: string }) => kind)).toEqual(['second-stage', 'similarity']);
    expect((await place.run(['models', 'list'])).stdout).toContain('someone/vectors');
  });

  it('takes the most exact graph that there is', async () => {
    const place = new Place();
    const folder = join(place.cwd, 'quantised');
    cpSync(nli, folder, { recursive: true });
    cpSync(join(folder, 'onnx', 'model.onnx'), join(folder, 'onnx', 'model_quantized.onnx'));
    rmSync(join(folder, 'onnx', 'model.onnx'));
    const hub = await startHub({ 'someone/quantised': folder });
    const pulled = await place.json(['models', 'pull', 'someone/quantised'], { DREAMFOLD_OFFLINE: '0', HF_ENDPOINT: hub.url });
    expect(readdirSync(join(pulled.folder, 'onnx'))).toEqual(['model_quantized.onnx']);
    expect(await place.json(['models', 'calibrate', 'someone/quantised', '--pairs', '60'])).toMatchObject({ head: 'nli' });
  });

  it('that breaks off leaves nothing that looks whole', async () => {
    const place = new Place();
    const hub = await startHub({ 'someone/nli': nli }, ['onnx/model.onnx']);
    const { code, stderr } = await place.run(['models', 'pull', 'someone/nli'], { DREAMFOLD_OFFLINE: '0', HF_ENDPOINT: hub.url });
    expect(code).toBe(4);
    expect(stderr).toContain('someone/nli cannot be fetched');
    const folder = join(place.cwd, 'cache', 'someone', 'nli');
    expect(readdirSync(folder, { recursive: true }).filter((name) => /onnx\/|part|dreamfold\.json/.test(String(name)))).toEqual([]);
  });
});

describe('what cannot be done', () => {
  const online = { DREAMFOLD_OFFLINE: '0', HF_ENDPOINT: 'http://127.0.0.1:9' };
  const cases: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>, number, RegExp])[] = [
    ['fetch while downloads are off', ['models', 'pull', 'someone/model'], {}, 2, /DREAMFOLD_OFFLINE/],
    ['fetch without a network', ['models', 'pull', 'someone/model'], online, 4, /cannot be fetched from http.*network/],
    ['use an id without a network', ['models', 'check', 'someone/model'], online, 4, /cannot be fetched from http/],
    ['use an id while downloads are off', ['models', 'check', 'someone/model'], {}, 4, /not in the local cache and downloads are off/],
    ['fetch a folder', ['models', 'pull', embedding], {}, 2, /is a folder on this machine/],
    ['use a folder that is not there', ['models', 'check', './absent/folder'], {}, 4, /No model folder/],
    ['climb out of the cache', ['models', 'pull', '../../nothing'], online, 4, /no hub id/],
    ['check a cross-encoder', ['models', 'check', nli], {}, 2, /scores pairs and gives no vectors/],
    ['calibrate an embedding model', ['models', 'calibrate', embedding], {}, 2, /gives vectors of texts and scores no pairs/],
    ['use an embedding model as a second stage', ['relate', 'pairs.jsonl', '--cross-encoder', embedding], {}, 2, /scores no pairs/],
    ['use a cross-encoder as an embedding', ['audit', 'memory', '--model', nli], {}, 2, /gives no vectors/],
    ['use a folder without a model', ['models', 'calibrate', 'memory'], {}, 2, /has no ONNX file/],
  ];
  it.each(cases)('%s', async (_what, args, env, code, message) => {
    const outcome = await new Place().run(args, env);
    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code, stdout: '' });
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
  });

  it.skipIf(!hasTransformers)('fetch a model that the hub does not have', async () => {
    const hub = await startHub({ 'someone/empty': join(fixtures, 'hooks') });
    const env = { DREAMFOLD_OFFLINE: '0', HF_ENDPOINT: hub.url };
    const place = new Place();
    const unknown = await place.run(['models', 'pull', 'someone/else'], env);
    expect(unknown.code).toBe(4);
    expect(unknown.stderr).toMatch(/there is no such model/);
    const empty = await place.run(['models', 'pull', 'someone/empty'], env);
    expect(empty.code).toBe(4);
    expect(empty.stderr).toMatch(/has no config\.json/);
  });

  it('run any such model without transformers.js', async () => {
    const place = new Place();
    const env = { NODE_OPTIONS: `--import=${pathToFileURL(join(fixtures, 'hooks', 'without-transformers.mjs')).href}` };
    for (const args of [
      ['models', 'check', embedding],
      ['models', 'calibrate', nli, '--pairs', '60'],
      ['models', 'pull', 'someone/model'],
    ]) {
      const { code, stderr } = await place.run(args, { ...env, DREAMFOLD_OFFLINE: args[1] === 'pull' ? '0' : '1' });
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stderr).toContain('npm install @huggingface/transformers');
    }
    expect((await place.run(['models', 'list'], env)).code).toBe(0);
  });
});
