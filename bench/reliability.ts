/**
 * Draws how often the judge is right where it says how sure it is: `npx tsx bench/reliability.ts [FILE]` (after `npm run build`).
 * Writes `models/dreamfold-relate/reliability.svg` from the pairs that no model was trained on.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const target = process.argv[2] ?? join(root, 'models', 'dreamfold-relate', 'reliability.svg');
const sets = ['pairs-held-out.jsonl', 'pairs-dev.jsonl'];
const size = 360;
const margin = 46;
const bins = 10;

interface Bin {
  readonly count: number;
  readonly said: number;
  readonly right: number;
}

function readLines(text: string): readonly Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

function binsOf(name: string): readonly Bin[] {
  const file = join(root, 'bench', 'quality', name);
  const pairs = readLines(readFileSync(file, 'utf8'));
  const output = execFileSync(process.execPath, [join(root, 'dist', 'cli', 'main.js'), 'relate', file], {
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  const found = Array.from({ length: bins }, () => ({ count: 0, said: 0, right: 0 }));
  readLines(output).forEach(({ relation, confidence }, i) => {
    const bin = found[Math.min(bins - 1, Math.floor(Number(confidence) * bins))];
    if (bin === undefined) return;
    bin.count++;
    bin.said += Number(confidence);
    if (relation === pairs[i]?.['relation']) bin.right++;
  });
  return found;
}

const x = (share: number) => (margin + share * size).toFixed(1);
const y = (share: number) => (margin + (1 - share) * size).toFixed(1);

function points(found: readonly Bin[], colour: string): string {
  const filled = found
    .filter(({ count }) => count > 0)
    .map(({ count, said, right }) => ({ count, at: said / count, share: right / count }));
  const line = filled.map(({ at, share }) => `${x(at)},${y(share)}`).join(' ');
  const dots = filled.map(({ count, at, share }) => {
    const spread = 1.96 * Math.sqrt(Math.max(share * (1 - share), 0.01) / count);
    const bar = `<line x1="${x(at)}" y1="${y(Math.max(0, share - spread))}" x2="${x(at)}" y2="${y(Math.min(1, share + spread))}" stroke="${colour}" stroke-opacity=".4"/>`;
    return `${bar}<circle cx="${x(at)}" cy="${y(share)}" r="${(2 + Math.sqrt(count) / 2.5).toFixed(1)}" fill="${colour}" fill-opacity=".75"/>`;
  });
  return `<polyline points="${line}" fill="none" stroke="${colour}" stroke-opacity=".5"/>${dots.join('')}`;
}

const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map(
  (at) =>
    `<text x="${x(at)}" y="${margin + size + 18}" text-anchor="middle">${at}</text><text x="${margin - 8}" y="${y(at)}" text-anchor="end" dominant-baseline="middle">${at}</text>` +
    `<line x1="${x(at)}" y1="${y(0)}" x2="${x(at)}" y2="${y(1)}" stroke="#8884"/><line x1="${x(0)}" y1="${y(at)}" x2="${x(1)}" y2="${y(at)}" stroke="#8884"/>`,
);
const colours = ['#1f6fb4', '#d1711c'];
const found = sets.map(binsOf);
const errors = found.map((list) => {
  const total = list.reduce((sum, bin) => sum + bin.count, 0);
  return list.reduce((sum, bin) => sum + Math.abs(bin.said - bin.right), 0) / total;
});
const legend = sets.map(
  (name, i) =>
    `<circle cx="${margin + 14}" cy="${margin + 16 + i * 20}" r="5" fill="${colours[i]}"/><text x="${margin + 26}" y="${margin + 20 + i * 20}">${name.replace('.jsonl', '')}, expected calibration error ${errors[i]?.toFixed(3)}</text>`,
);
const whole = size + 2 * margin;
writeFileSync(
  target,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole} ${whole}" width="${whole}" height="${whole}" font-family="system-ui, sans-serif" font-size="12" fill="#444">
<title>Reliability of the relation model on pairs that it was not trained on</title>
<rect width="${whole}" height="${whole}" fill="#fff"/>
${ticks.join('\n')}
<line x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" stroke="#888" stroke-dasharray="4 4"/>
${found.map((list, i) => points(list, colours[i] ?? '#444')).join('\n')}
${legend.join('\n')}
<text x="${whole / 2}" y="${whole - 8}" text-anchor="middle">how sure the judge says it is</text>
<text transform="translate(12 ${whole / 2}) rotate(-90)" text-anchor="middle">how often it is right</text>
</svg>
`,
);
console.log(sets.map((name, i) => `${name}: expected calibration error ${errors[i]?.toFixed(3)}`).join('\n'));
