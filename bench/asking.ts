/**
 * `npm run bench:asking`: what asking Claude buys, and what it costs. A stand-in for Claude's API answers over HTTP, from labels and gold
 * answers, so that nothing leaves the machine.
 *
 * Options: --only curve,example,wrong,price  --picture FILE (the curves as SVG)  --json
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { type Curve, curveLines, measureCurve } from './asking-curve.js';
import { exampleLines, measureExamples, measureWrong, wrongLines } from './asking-dreams.js';
import { drawCurves } from './asking-picture.js';
import { measurePrice, priceLines } from './asking-price.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'curve,example,wrong,price' },
    picture: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

interface Part {
  /** For `--json`. */
  readonly figures: unknown;
  readonly lines: readonly string[];
}

async function measureCurves(): Promise<Part> {
  const curves: Curve[] = [];
  for (const set of ['pairs-dev', 'pairs-held-out']) curves.push(await measureCurve(set));
  if (values.picture !== undefined) {
    mkdirSync(dirname(values.picture), { recursive: true });
    writeFileSync(values.picture, drawCurves(curves));
  }
  return { figures: curves, lines: curveLines(curves) };
}

const parts: Readonly<Record<string, () => Promise<Part>>> = {
  curve: measureCurves,
  example: async () => {
    const rows = await measureExamples(['webshop', 'radio', 'ferry']);
    return { figures: rows, lines: exampleLines(rows) };
  },
  wrong: async () => {
    const rows = await measureWrong('webshop', [1, 2, 3]);
    return { figures: rows, lines: wrongLines(rows) };
  },
  price: async () => {
    const figures = await measurePrice();
    return { figures, lines: priceLines(figures) };
  },
};

/** Parts measured at once: the machine that the figures are for has two cores. */
const atOnce = 2;

/** What this program prints of one part, in a process of its own: parts share nothing, and each has the environment to itself. */
async function printed(name: string): Promise<string> {
  const picture = values.picture === undefined ? [] : ['--picture', values.picture];
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), '--only', name, ...picture, ...(values.json ? ['--json'] : [])];
  return (await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 })).stdout;
}

async function printOne(name: string): Promise<void> {
  const measure = parts[name];
  if (measure === undefined) throw new Error(`--only: ${name} is none of ${Object.keys(parts).join(', ')}`);
  const { figures, lines } = await measure();
  console.log(values.json ? JSON.stringify({ [name]: figures }, null, 1) : `${name}\n\n${lines.join('\n')}\n`);
}

async function printAll(names: readonly string[]): Promise<void> {
  const outputs: string[] = names.map(() => '');
  // The last part takes longest and goes first.
  const waiting = names.map((name, at) => ({ name, at }));
  const work = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) outputs[next.at] = await printed(next.name);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (values.json) console.log(JSON.stringify(Object.assign({}, ...outputs.map((output) => JSON.parse(output))), null, 1));
  else process.stdout.write(outputs.join(''));
}

const names = values.only.split(',');
const [only] = names;
if (only !== undefined && names.length === 1) await printOne(only);
else await printAll(names);
