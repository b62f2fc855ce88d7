/** The curves of a benchmark as a picture: time against size on logarithmic axes, in the colours of the reader's light or dark page. */
import { pathName } from './markdown.js';
import type { BenchResult, BenchRun, Path } from './results.js';

const size = { width: 800, height: 472 } as const;
const panel = { left: 76, top: 52, width: 470, height: 300 } as const;
/** Least distance of two labels beside the ends of the curves, each of two lines. */
const labelGap = 36;

const style = `
  svg { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
  .ground { fill: #ffffff; }
  text { fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .quiet { fill: #59636e; }
  .grid { stroke: #d8dee4; stroke-width: 1; }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
  .rival { stroke-dasharray: 6 4; }
  .name { font-weight: 600; }
  .similarity { stroke: #0a5cd6; } .similarity-text { fill: #0a5cd6; }
  .meaning { stroke: #1a7f37; } .meaning-text { fill: #1a7f37; }
  .similarity-rival { stroke: #b35900; } .similarity-rival-text { fill: #b35900; }
  .meaning-rival { stroke: #8250df; } .meaning-rival-text { fill: #8250df; }
  .point { fill: #ffffff; stroke-width: 2.5; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; }
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .grid { stroke: #30363d; }
    .similarity { stroke: #6cb0ff; } .similarity-text { fill: #6cb0ff; }
    .meaning { stroke: #57d07a; } .meaning-text { fill: #57d07a; }
    .similarity-rival { stroke: #f0a04b; } .similarity-rival-text { fill: #f0a04b; }
    .meaning-rival { stroke: #c297ff; } .meaning-rival-text { fill: #c297ff; }
    .point { fill: #0d1117; }
  }
`;

interface Place {
  readonly x: (records: number) => number;
  readonly y: (seconds: number) => number;
  /** Seconds that a line is drawn at. */
  readonly ticks: readonly number[];
}

interface Curve {
  readonly path: Path;
  readonly name: string;
  readonly points: readonly BenchRun[];
}

/** A whole SVG document; 800 wide, readable at that size. */
export function drawCurves(result: BenchResult): string {
  const curves = curvesOf(result.runs);
  const place = placeOf(result);
  const what = curves.map(
    ({ path, points }) => `${pathName(path)}: ${points.map((run) => `${count(run.size)} in ${time(run.seconds)}`).join(', ')}`,
  );
  const { settings, machine, versions } = result;
  const middle = panel.top + panel.height / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-labelledby="title what">`,
    '<title id="title">Time of dreamfold dedupe against the number of records</title>',
    `<desc id="what">${escapeXml(what.join('; '))}.</desc>`,
    `<style>${style}</style>`,
    `<rect width="${size.width}" height="${size.height}" class="ground"/>`,
    text(16, 26, 'Time of dreamfold dedupe against the number of records', 'title'),
    ...gridOf(place, settings.sizes),
    ...curves.flatMap((curve) => curveLines(curve, place)),
    ...labelLines(curves, place, result),
    `<g transform="translate(20 ${middle}) rotate(-90)">${text(0, 0, 'seconds, cold process', '', 'middle')}</g>`,
    text(panel.left + panel.width / 2, panel.top + panel.height + 44, 'records', '', 'middle'),
    ...recallLines(result),
    text(
      16,
      size.height - 12,
      `Median of ${settings.repeat}, ${settings.threads} threads, ${machine.cores} x ${machine.cpu}; dreamfold ${versions.dreamfold}, Node ${versions.node}.`,
      'quiet',
    ),
    '</svg>',
    '',
  ].join('\n');
}

function curvesOf(runs: readonly BenchRun[]): readonly Curve[] {
  const names = [...new Set(runs.map(({ by, index }) => `${by}${index === 'auto' ? '' : '-rival'}`))];
  return names.flatMap((name): Curve[] => {
    const points = runs.filter(({ by, index }) => `${by}${index === 'auto' ? '' : '-rival'}` === name);
    const [first] = points;
    return first === undefined ? [] : [{ path: first, name, points }];
  });
}

/** One size alone stands in the middle. */
function placeOf({ runs, settings }: BenchResult): Place {
  const [least = 1, most = 1] = [Math.min(...settings.sizes), Math.max(...settings.sizes)].map(Math.log10);
  const times = runs.map(({ seconds }) => Math.log10(Math.max(seconds, 0.001)));
  const ticks = ticksBetween(Math.min(...times), Math.max(...times));
  const [low = 0, high = 1] = [Math.log10(ticks[0] ?? 1), Math.log10(ticks.at(-1) ?? 10)];
  return {
    x: (records) => panel.left + (most === least ? 0.5 : (Math.log10(records) - least) / (most - least)) * panel.width,
    y: (seconds) => panel.top + ((high - Math.log10(Math.max(seconds, 0.001))) / (high - low)) * panel.height,
    ticks,
  };
}

/** From the 1, 2 or 5 below the least to the one above the most; powers of ten alone where they are many. */
function ticksBetween(least: number, most: number): readonly number[] {
  const many = most - least > 2.5;
  const all = [-3, -2, -1, 0, 1, 2, 3, 4, 5].flatMap((power) => (many ? [1] : [1, 2, 5]).map((step) => Number(`${step}e${power}`)));
  const below = all.findLastIndex((tick) => Math.log10(tick) <= least);
  const above = all.findIndex((tick) => Math.log10(tick) > most);
  return all.slice(Math.max(0, below), above + 1);
}

function gridOf({ x, y, ticks }: Place, sizes: readonly number[]): readonly string[] {
  const [left, right, bottom] = [panel.left, panel.left + panel.width, panel.top + panel.height];
  return [
    ...ticks.flatMap((tick) => [straight([left, y(tick)], [right, y(tick)]), text(left - 8, y(tick) + 4, count(tick), 'quiet', 'end')]),
    ...sizes.flatMap((records) => [
      straight([x(records), panel.top], [x(records), bottom + 5]),
      text(x(records), bottom + 22, count(records), 'quiet', 'middle'),
    ]),
  ];
}

function curveLines({ name, points }: Curve, { x, y }: Place): readonly string[] {
  const corners = points.map((run) => `${round(x(run.size))},${round(y(run.seconds))}`);
  return [
    `<polyline points="${corners.join(' ')}" class="line ${name}${name.endsWith('-rival') ? ' rival' : ''}"/>`,
    ...points.map((run) => `<circle cx="${round(x(run.size))}" cy="${round(y(run.seconds))}" r="4" class="point ${name}"/>`),
  ];
}

/** Beside the end of each curve: its name, its time there and how it grows. */
function labelLines(curves: readonly Curve[], { x, y }: Place, { growth }: BenchResult): readonly string[] {
  const ends = curves
    .flatMap(({ path, name, points }) => {
      const last = points.at(-1);
      return last === undefined ? [] : [{ path, name, last }];
    })
    .sort((a, b) => y(a.last.seconds) - y(b.last.seconds));
  const heights = spread(ends.map(({ last }) => y(last.seconds)));
  return ends.flatMap(({ path, name, last }, at) => {
    const grows = growth.find(({ by, index, to }) => by === path.by && index === path.index && to === last.size)?.seconds;
    const exponent = grows === null || grows === undefined ? '' : `, exponent ${grows.toFixed(2)}`;
    const [left, height] = [x(last.size) + 14, heights[at] ?? 0];
    return [text(left, height, pathName(path), `name ${name}-text`), text(left, height + 16, `${time(last.seconds)}${exponent}`, 'quiet')];
  });
}

/** Heights from the top, moved down where two are too near each other, then up where they would leave the panel. */
function spread(wanted: readonly number[]): readonly number[] {
  const down: number[] = [];
  for (const height of wanted) down.push(Math.max(height, (down.at(-1) ?? Number.NEGATIVE_INFINITY) + labelGap));
  const lowest = panel.top + panel.height - labelGap / 2;
  return down.map((height, at) => Math.min(height, lowest - (down.length - 1 - at) * labelGap));
}

/** What share of the near pairs each index finds, under the curves. */
function recallLines({ recall }: BenchResult): readonly string[] {
  const [first] = recall;
  if (first === undefined) return [];
  const lines = [...new Set(recall.map(({ index }) => index))].map((index) => {
    const shares = recall.flatMap((row) =>
      row.index !== index || row.recall === null ? [] : [`${percent(row.recall)} at ${count(row.size)}`],
    );
    return `${index === 'auto' ? `Pairs of cosine >= ${first.threshold} that are found` : `found by ${index.toUpperCase()}`}: ${shares.join(', ')}`;
  });
  return lines.map((line, at) => text(16, panel.top + panel.height + 70 + at * 18, line));
}

function text(x: number, y: number, words: string, name = '', anchor: 'start' | 'middle' | 'end' = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${name === '' ? '' : ` class="${name}"`}>${escapeXml(words)}</text>`;
}

function straight(from: readonly [number, number], to: readonly [number, number]): string {
  return `<line x1="${round(from[0])}" y1="${round(from[1])}" x2="${round(to[0])}" y2="${round(to[1])}" class="grid"/>`;
}

function round(value: number): string {
  return value.toFixed(1);
}

/** `0.5`, `10,000`. */
function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/gu, value < 1000 ? '' : ',');
}

function time(seconds: number): string {
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`;
}

/** Never rounds up to 100 what is less. */
function percent(part: number): string {
  return part >= 1 ? '100 %' : `${(Math.floor(part * 10_000) / 100).toFixed(2)} %`;
}

function escapeXml(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
