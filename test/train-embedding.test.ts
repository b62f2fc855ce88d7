import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EncodedTexts, Trainer } from '../scripts/contrastive.js';
import { rocArea, spearman } from '../scripts/embedding-measures.js';

const dimensions = 8;
/** 16 texts of one piece each, rows that look like noise. */
const texts: EncodedTexts = { pieces: Int32Array.from({ length: 16 }, (_, i) => i), starts: Int32Array.from({ length: 17 }, (_, i) => i) };
const start = Float32Array.from({ length: 16 * dimensions }, (_, i) => Math.sin(i * 12.9898) * 0.5);
const pairs = Array.from({ length: 8 }, (_, i) => ({ a: i, b: i + 8 }));
const rates = { rowRate: 0.02, weightRate: 0.02 };

function cosine(trainer: Trainer, a: number, b: number): number {
  const { units } = trainer.encode(texts, [a, b]);
  return Array.from({ length: dimensions }, (_, i) => (units[i] ?? 0) * (units[dimensions + i] ?? 0)).reduce(
    (sum, value) => sum + value,
    0,
  );
}

describe('training', () => {
  it('brings what belongs together nearer than everything else', () => {
    const trainer = new Trainer(start, dimensions);
    const losses = Array.from({ length: 200 }, () => trainer.contrast(texts, pairs, 15, rates));
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 4);
    for (const { a, b } of pairs) {
      for (const other of pairs) if (other.a !== a) expect(cosine(trainer, a, b)).toBeGreaterThan(cosine(trainer, a, other.b));
    }
  });

  it('ranks pairs as they are graded', () => {
    const trainer = new Trainer(start, dimensions);
    const graded = pairs.map((pair, i) => ({ ...pair, score: i }));
    for (let step = 0; step < 200; step++) trainer.rank(texts, graded, 15, rates);
    const cosines = graded.map(({ a, b }) => cosine(trainer, a, b));
    expect(cosines).toEqual([...cosines].sort((x, y) => x - y));
  });

  it('goes down the slope: a small step changes the loss by what the slope says', () => {
    const rate = 1e-5;
    const loss = (rows: Float32Array) => new Trainer(rows, dimensions).contrast(texts, pairs, 15, rates);
    const trainer = new Trainer(start, dimensions);
    trainer.contrast(texts, pairs, 15, { rowRate: rate, weightRate: 0 });
    for (let i = 0; i < start.length; i += 5) {
      const nudged = (by: number) => loss(start.map((value, j) => (j === i ? value + by : value)));
      const slope = (nudged(0.01) - nudged(-0.01)) / 0.02;
      if (Math.abs(slope) > 1e-3) expect(Math.sign((trainer.rows[i] ?? 0) - (start[i] ?? 0))).toBe(-Math.sign(slope));
    }
  });

  it('gives the same bytes for the same calls', () => {
    const run = () => {
      const trainer = new Trainer(start, dimensions);
      for (let step = 0; step < 20; step++) trainer.contrast(texts, pairs, 15, rates);
      return Buffer.from(trainer.rows.buffer).toString('hex');
    };
    expect(run()).toBe(run());
  });
});

describe('the figures', () => {
  it('rank correlation is 1 for the same order, -1 for the other way round, and takes ties at their mean', () => {
    expect(spearman([1, 2, 3, 10], [-5, 0, 7, 8])).toBeCloseTo(1);
    expect(spearman([1, 2, 3, 10], [8, 7, 0, -5])).toBeCloseTo(-1);
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(0.9487, 4);
  });

  it('the area is the share of positives above negatives', () => {
    const scored = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(scored, (rows) => {
        const [yes, no] = [rows.filter(([, positive]) => positive), rows.filter(([, positive]) => !positive)];
        fc.pre(yes.length > 0 && no.length > 0);
        const wins = yes.flatMap(([a]) => no.map(([b]) => (a > b ? 1 : a === b ? 0.5 : 0)));
        const share = wins.reduce((sum: number, win) => sum + win, 0) / wins.length;
        const found = rocArea(
          rows.map(([score]) => score),
          rows.map(([, positive]) => positive),
        );
        expect(found).toBeCloseTo(share, 10);
      }),
    );
  });
});
