/** The attention network: the same bits in WebAssembly and in plain JavaScript, the mirrored pair with the mirrored classes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { loadWordVectors } from '../dist/embed/words.js';
import { UserError } from '../dist/errors.js';
import { createReader, featureVersion, timeOrder } from '../dist/relate/judge.js';
import { type Kernel, startKernel } from '../dist/relate/kernel.js';
import { matmulModule } from '../dist/relate/matmul.js';
import { mirrored, readModel } from '../dist/relate/model.js';
import { readNetwork } from '../dist/relate/network.js';
import { longestSide, pairInput } from '../dist/relate/pair-input.js';
import { loadThesaurus } from '../dist/relate/thesaurus.js';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '..');
const folder = join(root, 'models', 'dreamfold-relate');
const reader = createReader(loadWordVectors(), loadThesaurus());
const inputOf = (a: string, b: string) =>
  pairInput(reader.read(a), reader.read(b), timeOrder('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'), reader.lexemes);
const samples = readFileSync(join(root, 'bench', 'quality', 'pairs-dev.jsonl'), 'utf8')
  .split('\n', 60)
  .map((line) => JSON.parse(line) as { a: string; b: string });

describe('the multiplier', () => {
  it('is what its source builds', async () => {
    const { parseWat } = await wabt();
    const source = readFileSync(join(root, 'src', 'relate', 'matmul.wat'), 'utf8');
    const { buffer } = parseWat('matmul.wat', source, { simd: true }).toBinary({ log: false, write_debug_names: false });
    expect(Buffer.from(buffer).toString('base64')).toBe(matmulModule);
  });

  it('gives the bits of plain JavaScript for any sizes, odd rows among them', () => {
    const sizes = fc.record({
      rows: fc.integer({ min: 2, max: 9 }),
      k: fc.integer({ min: 1, max: 40 }),
      blocks: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.float({ min: -8, max: 8, noNaN: true })), ({ rows, k, blocks }, numbers) => {
        const n = 16 * blocks;
        const x = 64;
        const [w, b, out] = [x + rows * k, x + rows * k + k * n, x + rows * k + k * n + n];
        const fast = startKernel(out + rows * n);
        const plain = startKernel(out + rows * n, true);
        for (let i = x; i < out; i++) {
          const value = numbers.next().value as number;
          fast.numbers[i] = value;
          plain.numbers[i] = value;
        }
        for (const { matmul } of [fast, plain]) matmul(x * 4, k * 4, w * 4, n * 4, 64, b * 4, 0, out * 4, n * 4, rows, k, n);
        expect([...fast.numbers.subarray(out, out + rows * n)]).toEqual([...plain.numbers.subarray(out)]);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the other loops', () => {
  /** The first numbers are the kernel's. */
  const own = 64;
  const first = own * 4;
  const filled = (numbers: readonly number[]) =>
    [false, true].map((plain) => {
      const kernel = startKernel(4096, plain);
      kernel.numbers.set(numbers, own);
      return kernel;
    });
  const values = fc.array(
    fc.oneof(fc.float({ min: -30, max: 30, noNaN: true }), fc.constantFrom(0, -0, 1e-12, -745.5, -720, -0.35, -1.03)),
    {
      minLength: 1000,
      maxLength: 1000,
    },
  );
  const same = (run: (kernel: Kernel) => readonly [from: number, to: number]) =>
    fc.assert(
      fc.property(values, (numbers) => {
        const [fast, plain] = filled(numbers).map((kernel) => [...kernel.numbers.slice(...run(kernel))]);
        // An unsigned zero either way: no sum differs by the sign of one.
        expect(fast?.map((value) => value + 0)).toEqual(plain?.map((value) => value + 0));
      }),
      { numRuns: 30 },
    );

  it('give the bits of plain JavaScript', () => {
    for (const count of [1, 2, 7, 16]) {
      same(({ softmax }) => {
        softmax(first, 20 * 4, 1, count);
        return [own, own + count];
      });
    }
    for (const rows of [1, 2, 5]) {
      same(({ normalise }) => {
        normalise(first, 2000 * 4, 500 * 4, 600 * 4, rows, 96);
        return [2000, 2000 + rows * 96];
      });
      same(({ positives }) => {
        positives(first, 100 * 4, 900 * 4, 2000 * 4, rows, 8, 96, 3000 * 4);
        return [2000, 2000 + rows * 96];
      });
    }
    same(({ add }) => {
      add(first, 400 * 4, 64);
      return [own, own + 64];
    });
    same(({ turn }) => {
      turn(first, 24 * 4, 2000 * 4, 20, 12);
      return [2000, 2000 + 16 * 12];
    });
    same(({ known }) => {
      known(2000 * 4, 16 * 4, 3, 5, 500 * 4, first, 600 * 4);
      return [2000, 2000 + 8 * 16];
    });
  });
});

describe('a damaged model file', () => {
  for (const name of ['network.bin', 'weights.bin']) {
    it(`${name} is named with what to do, however much of it is missing`, () => {
      const place = mkdtempSync(join(tmpdir(), 'dreamfold-network-'));
      try {
        const whole = readFileSync(join(folder, name));
        for (const length of [0, 8, 11, 40, Math.floor(whole.length / 2), whole.length - 1]) {
          writeFileSync(join(place, name), whole.subarray(0, length));
          const read = () => (name === 'network.bin' ? readNetwork(place) : readModel(place, featureVersion));
          expect(read).toThrow(UserError);
          expect(read).toThrow(name);
        }
      } finally {
        rmSync(place, { recursive: true, force: true });
      }
    });
  }
});

describe('the network', () => {
  const network = readNetwork(folder);

  it('gives the bits of plain JavaScript on real pairs', () => {
    const plain = readNetwork(folder, { plain: true });
    for (const { a, b } of samples.slice(0, 12)) expect([...network.classes(inputOf(a, b))]).toEqual([...plain.classes(inputOf(a, b))]);
  });

  it('gives the mirrored classes for the pair turned round', () => {
    for (const { a, b } of samples) {
      const there = network.classes(inputOf(a, b));
      const input = inputOf(a, b);
      const [n, m, count] = [
        input.a.vectors.length,
        input.b.vectors.length,
        input.links.length / (input.a.vectors.length * input.b.vectors.length),
      ];
      const links = new Float32Array(input.links.length);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < m; j++)
          for (let c = 0; c < count; c++) links[(j * n + i) * count + c] = input.links[(i * m + j) * count + c] ?? 0;
      const back = network.classes({ a: input.b, b: input.a, links });
      for (const [to, from] of mirrored.entries()) expect(back[to]).toBeCloseTo(there[from] ?? 0, 4);
    }
  });

  it('sums to one for texts of any length, also beyond what it reads', () => {
    for (const text of ['', 'x', '. . .', 'deploy '.repeat(longestSide * 3)]) {
      const sum = [...network.classes(inputOf(text, 'Deploys happen on Tuesday.'))].reduce((total, value) => total + value, 0);
      expect(sum).toBeCloseTo(1, 6);
    }
  });

  it('forgets the pair before', () => {
    const [first, second] = [inputOf('Use tabs.', 'Use spaces.'), inputOf(samples[0]?.a ?? '', samples[0]?.b ?? '')];
    const before = [...network.classes(first)];
    network.classes(second);
    expect([...network.classes(first)]).toEqual(before);
  });
});
