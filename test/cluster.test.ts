import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterLimits, clusterPairs } from '../dist/cluster/cluster.js';
import type { Decider, Group, JudgedPair, Relation } from '../dist/memory.js';

/** Probabilities are sixteenths, so that sums are exact in any order. */
interface Judgement {
  readonly relation: Relation;
  readonly merge: number;
  readonly conflict: number;
  readonly ambiguous: boolean;
  readonly decidedBy: Decider;
}

function makePair(a: number, b: number, { relation, merge, conflict, ambiguous, decidedBy }: Judgement): JudgedPair {
  const probabilities = {
    duplicate: merge / 2,
    refines: merge / 2,
    conflict,
    distinct: 1 - merge - conflict,
  };
  const verdict = {
    relation,
    keep: 'either',
    confidence: 1,
    probabilities,
    decidedBy,
    ambiguous,
    reason: '',
  } as const;
  return { a, b, similarity: 0.8, verdict };
}

const same = (merge = 1): Judgement => ({
  relation: 'duplicate',
  merge,
  conflict: 0,
  ambiguous: false,
  decidedBy: 'model',
});
const apart: Judgement = {
  relation: 'distinct',
  merge: 0,
  conflict: 0,
  ambiguous: false,
  decidedBy: 'model',
};
const limits: ClusterLimits = { maxSize: 20, minLink: 0.25 };

const judgement: fc.Arbitrary<Judgement> = fc
  .record({
    kind: fc.nat({ max: 9 }),
    merge: fc.integer({ min: 0, max: 16 }),
    conflict: fc.integer({ min: 0, max: 16 }),
    ambiguous: fc.boolean(),
    relation: fc.constantFrom<Relation>('duplicate', 'refines', 'conflict', 'distinct'),
    decidedBy: fc.constantFrom<Decider>('rule', 'model', 'claude', 'person'),
  })
  .map(({ kind, merge, conflict, ambiguous, relation, decidedBy }) =>
    kind < 6
      ? {
          relation: kind < 3 ? 'duplicate' : 'refines',
          merge: Math.max(merge, 9) / 16,
          conflict: 0,
          ambiguous: false,
          decidedBy: 'model',
        }
      : {
          relation,
          merge: merge / 16,
          conflict: Math.min(conflict, 16 - merge) / 16,
          ambiguous,
          decidedBy,
        },
  );

/** A whole world of verdicts over a few rows, and which of them are known beforehand. */
const world = fc.integer({ min: 2, max: 9 }).chain((count) => {
  const size = (count * (count - 1)) / 2;
  return fc.record({
    count: fc.constant(count),
    judgements: fc.array(judgement, { minLength: size, maxLength: size }),
    known: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
    limits: fc.record({
      maxSize: fc.integer({ min: 2, max: 9 }),
      minLink: fc.integer({ min: 0, max: 12 }).map((n) => n / 16),
    }),
  });
});

interface World {
  readonly count: number;
  readonly judgements: readonly Judgement[];
  readonly known: readonly boolean[];
  readonly limits: ClusterLimits;
}

function unfold({ count, judgements, known }: World) {
  const all = new Map<string, JudgedPair>();
  const pairs: JudgedPair[] = [];
  for (let a = 0, at = 0; a < count; a += 1) {
    for (let b = a + 1; b < count; b += 1, at += 1) {
      const pair = makePair(a, b, judgements[at] ?? apart);
      all.set(`${a} ${b}`, pair);
      if (known[at] === true) pairs.push(pair);
    }
  }
  const judge = (a: number, b: number): JudgedPair => all.get(`${a} ${b}`) ?? makePair(a, b, apart);
  return { count, pairs, judge };
}

const isForbidden = ({ verdict }: JudgedPair): boolean =>
  verdict.probabilities.conflict >= 0.5 ||
  ((verdict.relation === 'conflict' || verdict.relation === 'distinct') &&
    (!verdict.ambiguous || verdict.decidedBy === 'rule' || verdict.decidedBy === 'person'));
const isLink = ({ verdict }: JudgedPair): boolean => !verdict.ambiguous && ['duplicate', 'refines'].includes(verdict.relation);
const mergeOf = ({ verdict }: JudgedPair): number => verdict.probabilities.duplicate + verdict.probabilities.refines;

/** The rule, written down plainly: a partition, and every link in order tried against all pairs of two blocks. */
function clusterNaively({ count, pairs, judge }: ReturnType<typeof unfold>, { maxSize, minLink }: ClusterLimits): Group[] {
  let blocks: number[][] = Array.from({ length: count }, (_, row) => [row]);
  const links = pairs.filter(isLink).sort((x, y) => mergeOf(y) - mergeOf(x) || x.a - y.a || x.b - y.b);
  for (const { a, b } of links) {
    const left = blocks.find((block) => block.includes(a)) ?? [];
    const right = blocks.find((block) => block.includes(b)) ?? [];
    if (left === right || left.length + right.length > maxSize) continue;
    const cross = left.flatMap((x) => right.map((y) => judge(Math.min(x, y), Math.max(x, y))));
    const mean = cross.reduce((sum, pair) => sum + mergeOf(pair), 0) / cross.length;
    if (cross.some((pair) => isForbidden(pair) || mergeOf(pair) < minLink) || mean < (1 + minLink) / 2) continue;
    blocks = [...blocks.filter((block) => block !== left && block !== right), [...left, ...right].sort((x, y) => x - y)];
  }
  return blocks
    .filter((block) => block.length > 1)
    .sort((x, y) => (x[0] ?? 0) - (y[0] ?? 0))
    .map((members) => ({
      members,
      confidence: Math.min(...members.flatMap((x) => members.filter((y) => y > x).map((y) => mergeOf(judge(x, y))))),
    }));
}

describe('clusterPairs', () => {
  it('equals the rule written down naively', () => {
    fc.assert(
      fc.property(world, (it) => {
        expect(clusterPairs(unfold(it), it.limits)).toEqual(clusterNaively(unfold(it), it.limits));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps apart what must not be linked, within the size, and connected by links', () => {
    fc.assert(
      fc.property(world, (it) => {
        const input = unfold(it);
        const seen = new Set<number>();
        for (const { members } of clusterPairs(input, it.limits)) {
          expect(members.length).toBeGreaterThanOrEqual(2);
          expect(members.length).toBeLessThanOrEqual(it.limits.maxSize);
          expect(members).toEqual([...members].sort((a, b) => a - b));
          for (const member of members) expect(seen.has(member)).toBe(false);
          for (const member of members) seen.add(member);
          for (const a of members) for (const b of members) if (a < b) expect(isForbidden(input.judge(a, b))).toBe(false);
          const reached = new Set(members.slice(0, 1));
          const links = input.pairs.filter((pair) => isLink(pair) && members.includes(pair.a) && members.includes(pair.b));
          for (const _ of members) {
            for (const { a, b } of links) if (reached.has(a) || reached.has(b)) reached.add(a).add(b);
          }
          expect(reached.size).toBe(members.length);
        }
      }),
    );
  });

  it('does not depend on the order of the pairs', () => {
    fc.assert(
      fc.property(
        world.chain((it) =>
          fc.tuple(
            fc.constant(it),
            fc.shuffledSubarray([...unfold(it).pairs], {
              minLength: unfold(it).pairs.length,
            }),
          ),
        ),
        ([it, pairs]) => {
          expect(clusterPairs({ ...unfold(it), pairs }, it.limits)).toEqual(clusterPairs(unfold(it), it.limits));
        },
      ),
    );
  });

  it('asks the judge once for a pair at most, in order, and never for one that was given', () => {
    fc.assert(
      fc.property(world, (it) => {
        const input = unfold(it);
        const asked = new Set(input.pairs.map(({ a, b }) => `${a} ${b}`));
        const judge = (a: number, b: number): JudgedPair => {
          expect(a).toBeLessThan(b);
          expect(asked.has(`${a} ${b}`)).toBe(false);
          asked.add(`${a} ${b}`);
          return input.judge(a, b);
        };
        clusterPairs({ ...input, judge }, it.limits);
      }),
    );
  });

  it('makes no single group of a chain of a hundred rows whose ends differ', () => {
    const pairs = Array.from({ length: 99 }, (_, row) => makePair(row, row + 1, same()));
    const judge = (a: number, b: number) => makePair(a, b, b - a <= 2 ? same(0.75) : apart);
    const groups = clusterPairs({ count: 100, pairs, judge }, limits);
    expect(Math.max(...groups.map(({ members }) => members.length))).toBeLessThanOrEqual(3);
    expect(groups.length).toBeGreaterThanOrEqual(33);
  });

  it('does not let one wrong link join two groups', () => {
    const rows = [0, 1, 2, 3, 4, 5];
    const inside = (a: number, b: number): boolean => a < 3 === b < 3;
    const pairs = rows.flatMap((a) => rows.filter((b) => b > a && inside(a, b)).map((b) => makePair(a, b, same(0.875))));
    const weak: Judgement = {
      relation: 'distinct',
      merge: 0.25,
      conflict: 0,
      ambiguous: true,
      decidedBy: 'model',
    };
    const judge = (a: number, b: number) => makePair(a, b, weak);
    const groups = clusterPairs({ count: 6, pairs: [...pairs, makePair(2, 3, same())], judge }, limits);
    expect(groups.every(({ members }) => members.every((row) => row < 3) || members.every((row) => row >= 3) || members.length === 2)).toBe(
      true,
    );
  });

  it('joins a circle of refinements and says how weak its weakest pair is', () => {
    const refines = (merge: number): Judgement => ({
      ...same(merge),
      relation: 'refines',
    });
    const pairs = [makePair(0, 1, refines(1)), makePair(1, 2, refines(0.875)), makePair(0, 2, refines(0.75))];
    const judge = (a: number, b: number) => makePair(a, b, apart);
    expect(clusterPairs({ count: 4, pairs, judge }, limits)).toEqual([{ members: [0, 1, 2], confidence: 0.75 }]);
  });

  it('lets a person keep two statements apart even where the verdict is ambiguous', () => {
    const refused: Judgement = {
      relation: 'distinct',
      merge: 0.5,
      conflict: 0,
      ambiguous: true,
      decidedBy: 'person',
    };
    const pairs = [makePair(0, 1, same()), makePair(1, 2, same(0.875)), makePair(0, 2, refused)];
    const judge = (a: number, b: number) => makePair(a, b, apart);
    expect(clusterPairs({ count: 3, pairs, judge }, limits).map(({ members }) => members)).toEqual([[0, 1]]);
  });

  it('refuses pairs that are twice there, descending or out of range', () => {
    const judge = (a: number, b: number) => makePair(a, b, apart);
    for (const pairs of [[makePair(0, 1, same()), makePair(0, 1, apart)], [makePair(1, 0, same())], [makePair(0, 3, same())]]) {
      expect(() => clusterPairs({ count: 3, pairs, judge }, limits)).toThrow(RangeError);
    }
  });

  it('finds nothing in nothing', () => {
    expect(clusterPairs({ count: 0, pairs: [], judge: (a, b) => makePair(a, b, apart) }, limits)).toEqual([]);
  });
});
