/** The second stage: what a cross-encoder's outputs mean, the last layer over it, and the judge that asks it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { describeModel } from '../dist/embed/model-files.js';
import { loadWordVectors } from '../dist/embed/words.js';
import { UserError } from '../dist/errors.js';
import type { Side } from '../dist/memory.js';
import { openCrossEncoder } from '../dist/relate/cross-encoder.js';
import { chooseCases, fitSecondStage, type LabelledCase } from '../dist/relate/fit-second-stage.js';
import { readHead } from '../dist/relate/head.js';
import { loadFirstStage, shippedModel } from '../dist/relate/judge.js';
import { readLabelled } from '../dist/relate/labelled.js';
import { classCount, mirrored } from '../dist/relate/model.js';
import { applyWeights, featureCount, turn } from '../dist/relate/second-stage.js';
import { createTwoStageJudge } from '../dist/relate/two-stages.js';

const root = resolve(import.meta.dirname, '..');
const tiny = join(root, 'test', 'fixtures', 'tiny-nli');
const temporary = mkdtempSync(join(tmpdir(), 'dreamfold-second-'));
afterAll(() => rmSync(temporary, { recursive: true }));
const never = new AbortController().signal;
const first = loadFirstStage(loadWordVectors());
const labelled = readLabelled(shippedModel);
const hasTransformers = (() => {
  try {
    createRequire(import.meta.url).resolve('@huggingface/transformers');
    return true;
  } catch {
    return false;
  }
})();

describe('labels of a head', () => {
  it('are read in any order and case', () => {
    expect(readHead({ 0: 'CONTRADICTION', 1: 'Neutral', 2: 'entailment' }, 3)).toEqual({ kind: 'nli', order: [2, 1, 0] });
    expect(readHead({ 0: 'entailment', 1: 'NOT_ENTAILMENT' }, 2)).toEqual({ kind: 'entailment', order: [0, 1] });
    expect(readHead({ 1: 'Entailment', 0: 'not-entailment' }, 2)).toEqual({ kind: 'entailment', order: [1, 0] });
  });

  it('do not matter where there is one output', () => {
    for (const labels of [undefined, { 0: 'LABEL_0' }, 'nothing']) expect(readHead(labels, 1)).toEqual({ kind: 'score', order: [0] });
  });

  it('are refused where they do not say what the outputs mean', () => {
    expect(readHead({ 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' }, 3)).toMatch(/LABEL_0, LABEL_1, LABEL_2.*id2label/);
    expect(readHead({ 0: 'NEGATIVE', 1: 'POSITIVE' }, 2)).toMatch(/NEGATIVE, POSITIVE.*another model/);
    expect(readHead({ 0: 'entailment', 1: 'neutral' }, 2)).toMatch(/another model/);
    expect(readHead(undefined, 3)).toMatch(/id2label/);
  });
});

/** Scores that say what is right as often as `right` says, by a rule that looks like noise. */
function scoresOf(cases: readonly LabelledCase[], right: number): readonly Float64Array[] {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) / 0x800000;
  };
  const sure = (output: number) => [0, 1, 2].map((k) => Math.log(k === output ? 0.8 : 0.1));
  return cases
    .filter((item) => item.asked)
    .map(({ label }) => {
      const said = next() < right ? label : Math.floor(next() * 5);
      const there = said === 0 || said === 1 ? 0 : said === 3 ? 2 : 1;
      const back = said === 0 || said === 2 ? 0 : said === 3 ? 2 : 1;
      return Float64Array.of(...sure(there), ...sure(back));
    });
}

describe('the last layer', () => {
  const cases = chooseCases(labelled, 1200, first);

  it('is asked about as many pairs as it was told, and keeps the shares of relations', () => {
    const asked = cases.filter((item) => item.asked).length;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(1210);
    const share = (list: readonly { readonly label: number }[]) => list.filter(({ label }) => label === 3).length / list.length;
    const all = chooseCases(labelled, labelled.length, first);
    expect(all.length).toBe(labelled.length);
    expect(share(cases)).toBeCloseTo(share(all), 1);
  });

  it('does not depend on the order of the labelled pairs', () => {
    const shuffled = chooseCases([...labelled].reverse(), 1200, first);
    const texts = (list: readonly LabelledCase[]) => list.map((item) => item.texts);
    expect(texts(shuffled)).toEqual(texts(cases));
  });

  it('gets better with scores that know something, and says so', () => {
    const all = chooseCases(labelled, 3000, first);
    const fitted = fitSecondStage(all, scoresOf(all, 0.9), first.header);
    expect(fitted.gain).toBeGreaterThan(5 * fitted.gain_error);
    expect(fitted.after.macro_f1).toBeGreaterThan(fitted.before.macro_f1 + 0.03);
    expect(fitted.better).toBe(true);
  });

  it('is the same for the same scores', () => {
    const again = () => fitSecondStage(cases, scoresOf(cases, 0.9), first.header);
    expect(again()).toEqual(again());
  });

  it('is not called better with scores that know nothing', () => {
    const nothing = cases.filter((item) => item.asked).map(() => new Float64Array(6));
    const fitted = fitSecondStage(cases, nothing, first.header);
    expect(Math.abs(fitted.after.macro_f1 - fitted.before.macro_f1)).toBeLessThan(0.03);
    expect(fitted.gain).toBe(0);
    expect(fitted.better).toBe(false);
  });

  it('says the same of a pair turned round, but for the mirrored classes', () => {
    const number = fc.double({ min: -5, max: 5, noNaN: true });
    const opinion = fc.record({
      raw: fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }),
      scores: fc.array(number, { minLength: 6, maxLength: 6 }),
    });
    const weights = fc.array(fc.array(number, { minLength: featureCount(3), maxLength: featureCount(3) }), {
      minLength: classCount,
      maxLength: classCount,
    });
    fc.assert(
      fc.property(opinion, weights, ({ raw, scores }, layer) => {
        const given = { raw: Float64Array.from(raw), scores: Float64Array.from(scores) };
        const there = applyWeights(layer, given);
        const back = applyWeights(layer, turn(given));
        for (const [k, value] of there.entries()) expect(back[mirrored[k] ?? 0]).toBeCloseTo(value, 9);
        expect(there.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe('the labelled pairs', () => {
  it('are refused where the file is missing or damaged', () => {
    const [pair] = labelled;
    const damages: readonly (readonly [string, Uint8Array | null])[] = [
      ['missing', null],
      ['no gzip', Buffer.from('{}')],
      ['no JSON', gzipSync('{"id":')],
      ['another form', gzipSync(JSON.stringify({ ...pair, raw: [1, 2] }))],
    ];
    for (const [what, bytes] of damages) {
      const folder = mkdtempSync(join(temporary, 'labelled-'));
      if (bytes !== null) writeFileSync(join(folder, 'labelled.jsonl.gz'), bytes);
      expect(() => readLabelled(folder), what).toThrow(UserError);
      expect(() => readLabelled(folder), what).toThrow(/labelled\.jsonl\.gz is missing or damaged/);
    }
  });
});

/** Log probabilities of entailment, neutral and contradiction, as scripts/make-tiny-nli.ts has them. */
function expected(share: number, oneDenies: boolean): readonly number[] {
  const logits = [8 * share - 4, 0, oneDenies ? 3 : -3];
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - total);
}

describe.skipIf(!hasTransformers)('a cross-encoder', () => {
  it('of the fixture is what its script writes', () => {
    const folder = join(temporary, 'tiny-nli');
    execFileSync(process.execPath, ['--import', 'tsx', 'scripts/make-tiny-nli.ts', folder], { cwd: root });
    for (const name of ['onnx/model.onnx', ...readdirSync(tiny).filter((entry) => entry !== 'onnx')]) {
      expect(readFileSync(join(folder, name)).equals(readFileSync(join(tiny, name)))).toBe(true);
    }
  });

  it('gives what its graph says, in both directions', async () => {
    await using encoder = await openCrossEncoder(await describeModel(tiny), 2);
    expect(encoder.id).toMatch(/^tiny-nli@[0-9a-f]{12}$/);
    expect(encoder.head).toEqual({ kind: 'nli', order: [2, 1, 0] });
    const pairs = [
      { a: 'the cat sat on the mat', b: 'the cat sat' },
      { a: 'the dog sat', b: 'the dog is not on the mat' },
      { a: 'run tests', b: 'build server' },
    ];
    const wanted = [
      [...expected(1, false), ...expected(4 / 6, false)],
      [...expected(3 / 7, true), ...expected(2 / 3, true)],
      [...expected(0, false), ...expected(0, false)],
    ];
    const found = await encoder.score(pairs, never);
    // `the` stands twice in a text and counts twice.
    for (const [row, numbers] of wanted.entries())
      for (const [i, value] of numbers.entries()) expect(found[row]?.[i]).toBeCloseTo(value, 4);
  });

  it('gives the same bytes with 1 and 3 threads, and in any order', async () => {
    const pairs = labelled.slice(0, 60).map(({ a, b }) => ({ a, b }));
    const bytesOf = async (threads: number, list: typeof pairs) => {
      await using encoder = await openCrossEncoder(await describeModel(tiny), threads);
      return (await encoder.score(list, never)).map((row) => Buffer.from(row.buffer).toString('hex'));
    };
    const one = await bytesOf(1, pairs);
    expect(await bytesOf(3, pairs)).toEqual(one);
    expect((await bytesOf(2, [...pairs].reverse())).reverse()).toEqual(one);
  });

  it('stops when it is told to', async () => {
    await using encoder = await openCrossEncoder(await describeModel(tiny), 1);
    const controller = new AbortController();
    const pairs = Array.from({ length: 40 }, () => ({ a: 'cat', b: 'dog' }));
    await expect(encoder.score(pairs, controller.signal, () => controller.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(await encoder.score([], never)).toEqual([]);
  });

  it('that cannot be used is refused with what to do about it', async () => {
    const copy = (name: string, change: (folder: string) => void) => {
      const folder = join(temporary, name);
      cpSync(tiny, folder, { recursive: true });
      change(folder);
      return folder;
    };
    const configure = (folder: string, change: object) => {
      const config: object = JSON.parse(readFileSync(join(tiny, 'config.json'), 'utf8'));
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...change }));
    };
    const cases = [
      [copy('sentiment', (folder) => configure(folder, { id2label: { 0: 'bad', 1: 'so', 2: 'good' } })), /its labels are bad, so, good/],
      [copy('numbered', (folder) => configure(folder, { id2label: { 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' } })), /LABEL_0/],
      [copy('unnamed', (folder) => configure(folder, { id2label: null })), /id2label/],
      [copy('no-config', (folder) => rmSync(join(folder, 'config.json'))), /config\.json is missing/],
      [copy('no-json', (folder) => writeFileSync(join(folder, 'config.json'), '{')), /config\.json is damaged/],
      [copy('no-graph', (folder) => writeFileSync(join(folder, 'onnx', 'model.onnx'), 'no graph')), /cannot be loaded/],
      [copy('no-tokenizer', (folder) => rmSync(join(folder, 'tokenizer.json'))), /cannot be loaded/],
    ] as const;
    for (const [folder, message] of cases) {
      const opening = describeModel(folder).then((source) => openCrossEncoder(source, 1));
      await expect(opening).rejects.toThrow(UserError);
      await expect(opening).rejects.toThrow(message);
    }
  });
});

describe('the judge of two stages', () => {
  const cases = chooseCases(labelled, 1200, first);
  const { layer } = fitSecondStage(cases, scoresOf(cases, 0.9), first.header);
  const asked: string[] = [];
  /** Calls everything that it is asked a contradiction. */
  const encoder = {
    id: 'contrary@1',
    score: async (pairs: readonly { readonly a: string; readonly b: string }[]) => {
      asked.push(...pairs.map(({ a, b }) => `${a} | ${b}`));
      return pairs.map(() => Float64Array.from([0.1, 0.1, 0.8, 0.1, 0.1, 0.8], Math.log));
    },
  };
  const judge = createTwoStageJudge(first, { encoder, layer });
  const side = (text: string, time: string | null = null): Side => ({ text, time, scope: [] });
  const pairs = [
    [side('The cat sat.', '2026-01-01T00:00:00Z'), side('A cat was sitting.', '2026-02-01T00:00:00Z')],
    [side('Run the tests.'), side('run the **tests**')],
    [side('Run the tests before a release.'), side('Bananas are yellow and taste sweet.')],
  ] as const;
  const judgeAll = async (list: readonly (readonly [Side, Side])[]) => (await judge.judgeAll?.(list, never)) ?? [];

  it('asks about what the first stage is not sure to be distinct, and says so', async () => {
    asked.length = 0;
    const [unsure, equal, apart] = await judgeAll(pairs);
    expect(asked).toHaveLength(1);
    expect(unsure?.reason).toContain('second stage asked: contrary@1');
    expect(unsure?.probabilities.conflict).toBeGreaterThan(judge.judge(...pairs[0]).probabilities.conflict);
    for (const [found, pair] of [[equal, pairs[1]] as const, [apart, pairs[2]] as const]) expect(found).toEqual(judge.judge(...pair));
  });

  it('answers the same in any order, and with the sides changed round', async () => {
    const there = await judgeAll(pairs);
    expect([...(await judgeAll([...pairs].reverse()))].reverse()).toEqual(there);
    const back = await judgeAll(pairs.map(([a, b]) => [b, a] as const));
    expect(back.map(({ probabilities }) => probabilities)).toEqual(there.map(({ probabilities }) => probabilities));
    expect(new Set(asked).size).toBe(1);
  });

  it('has a version of its own for each cross-encoder and layer', () => {
    const other = createTwoStageJudge(first, { encoder: { ...encoder, id: 'contrary@2' }, layer });
    const refitted = createTwoStageJudge(first, { encoder, layer: { ...layer, temperature: 2 } });
    expect(new Set([first.version, judge.version, other.version, refitted.version]).size).toBe(4);
  });
});
