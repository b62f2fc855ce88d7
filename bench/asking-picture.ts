/** The curves of `asking-curve.ts` as a picture: one panel for each set of pairs, in the colours of the reader's light or dark page. */
import { type Curve, type CurvePoint, goal } from './asking-curve.js';

const size = { width: 640, height: 372 } as const;
const panel = { width: 248, height: 232, top: 62, left: 70, gap: 46 } as const;
const lowest = 0.78;
const ticks = { shares: [0, 0.25, 0.5, 0.75, 1], accuracies: [0.8, 0.85, 0.9, 0.95, 1] } as const;
const titles: Readonly<Record<string, string>> = { 'pairs-dev': 'development pairs', 'pairs-held-out': 'held-out pairs' };

const style = `
  svg { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
  .ground { fill: #ffffff; }
  text { fill: #1f2328; }
  .title { font-size: 14px; font-weight: 600; }
  .panel { font-weight: 600; }
  .quiet { fill: #59636e; }
  .grid { stroke: #d8dee4; stroke-width: 1; }
  .goal { stroke: #59636e; stroke-width: 1; stroke-dasharray: 4 3; }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
  .ordered { stroke: #0a5cd6; } .ordered-text { fill: #0a5cd6; font-weight: 600; }
  .random { stroke: #b35900; } .random-text { fill: #b35900; font-weight: 600; }
  .everything { stroke: #1a7f37; } .everything-text { fill: #1a7f37; font-weight: 600; }
  .real { fill: #ffffff; stroke: #0a5cd6; stroke-width: 2.5; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; }
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .grid { stroke: #30363d; }
    .goal { stroke: #9198a1; }
    .ordered { stroke: #6cb0ff; } .ordered-text { fill: #6cb0ff; }
    .random { stroke: #f0a04b; } .random-text { fill: #f0a04b; }
    .everything { stroke: #57d07a; } .everything-text { fill: #57d07a; }
    .real { fill: #0d1117; stroke: #6cb0ff; }
  }
`;

interface Place {
  readonly x: (share: number) => number;
  readonly y: (accuracy: number) => number;
}

function placeOf(at: number): Place {
  const left = panel.left + at * (panel.width + panel.gap);
  return {
    x: (share) => left + share * panel.width,
    y: (accuracy) => panel.top + ((1 - accuracy) / (1 - lowest)) * panel.height,
  };
}

const round = (value: number): string => value.toFixed(1);

function text(x: number, y: number, words: string, name = '', anchor: 'start' | 'middle' | 'end' = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${name === '' ? '' : ` class="${name}"`}>${words}</text>`;
}

function straight(from: readonly [number, number], to: readonly [number, number], name: string): string {
  const [[x1, y1], [x2, y2]] = [from.map(round), to.map(round)];
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="${name}"/>`;
}

function curveOf(points: readonly CurvePoint[], column: 'ordered' | 'random' | 'everything', { x, y }: Place): string {
  const corners = points.map((point) => `${round(x(point.share))},${round(y(point[column]))}`);
  return `<polyline points="${corners.join(' ')}" class="line ${column}"/>`;
}

/** Accuracies are written once, at the left panel. */
function gridOf({ x, y }: Place, first: boolean): readonly string[] {
  const across = ticks.accuracies.flatMap((accuracy) => [
    straight([x(0), y(accuracy)], [x(1), y(accuracy)], accuracy === goal ? 'goal' : 'grid'),
    ...(first ? [text(x(0) - 8, y(accuracy) + 4, accuracy.toFixed(2), 'quiet', 'end')] : []),
  ]);
  const bottom = y(lowest);
  const along = ticks.shares.flatMap((share) => [
    straight([x(share), bottom], [x(share), bottom + 4], 'grid'),
    text(x(share), bottom + 18, `${share * 100} %`, 'quiet', 'middle'),
  ]);
  return [...across, straight([x(0), bottom], [x(1), bottom], 'grid'), ...along];
}

/** The first share at which a line is above an accuracy, for the labels that stand beside it. */
function shareAt(points: readonly CurvePoint[], column: 'ordered' | 'random', accuracy: number): number {
  return points.find((point) => point[column] >= accuracy)?.share ?? 1;
}

function panelOf({ set, points, reached, real }: Curve, at: number): readonly string[] {
  const place = placeOf(at);
  const { x, y } = place;
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
  return [
    text(x(0), panel.top - 12, titles[set] ?? set, 'panel'),
    ...gridOf(place, at === 0),
    ...(['everything', 'random', 'ordered'] as const).map((column) => curveOf(points, column, place)),
    `<circle cx="${round(x(real.share))}" cy="${round(y(real.accuracy))}" r="4.5" class="real"/>`,
    text(x(0.02), y(1) + 16, 'everything asked', 'everything-text'),
    text(x(shareAt(points, 'ordered', goal)) - 16, y(0.956), 'our order', 'ordered-text', 'end'),
    text(x(shareAt(points, 'random', 0.86)) + 14, y(0.854), 'at random', 'random-text'),
    text(x(1), y(0.824), `0.95 at ${percent(reached.ordered)} in our order,`, 'quiet', 'end'),
    text(x(1), y(0.808), `at ${percent(reached.random)} at random`, 'quiet', 'end'),
  ];
}

/** A whole SVG document; 640 wide, readable at that size. */
export function drawCurves(curves: readonly Curve[]): string {
  const middle = panel.left + panel.width + panel.gap / 2;
  const bottom = panel.top + panel.height;
  const words = curves.map(
    ({ set, reached: { ordered, random } }) =>
      `${titles[set] ?? set}: ${goal} in our order at ${(ordered * 100).toFixed(0)} %, at random at ${(random * 100).toFixed(0)} %`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-labelledby="title what">`,
    '<title id="title">Accuracy against the share of pairs that Claude is asked about</title>',
    `<desc id="what">${words.join('; ')}.</desc>`,
    `<style>${style}</style>`,
    `<rect width="${size.width}" height="${size.height}" class="ground"/>`,
    text(12, 22, 'Accuracy against the share of pairs that Claude is asked about', 'title'),
    ...curves.flatMap(panelOf),
    `<g transform="translate(20 ${panel.top + panel.height / 2}) rotate(-90)">${text(0, 0, 'accuracy', '', 'middle')}</g>`,
    text(middle, bottom + 40, 'share of pairs asked', '', 'middle'),
    text(middle, bottom + 62, 'Answers as the labels say. Circle: where dreamfold relate stops asking.', 'quiet', 'middle'),
    '</svg>',
    '',
  ].join('\n');
}
