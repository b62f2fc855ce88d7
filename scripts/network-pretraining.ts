/** What the attention network learns first: which sentence follows from which, and which two texts say one thing. */
import { inflateRawSync } from 'node:zlib';
import { encodeTexts, loadStaticModel } from '../src/embed/static.js';
import type { Side } from '../src/memory.js';
import { cosine } from '../src/relate/lexemes.js';
import { archiveText, readArchive, readNaturalPairs, type TextPair } from './archives.js';
import type { InputPair } from './network-inputs.js';
import { makeRandom, shuffled } from './training-pairs.js';

const labelOf: Readonly<Record<string, number>> = { entailment: 0, neutral: 1, contradiction: 2 };
const timeless = (text: string): Side => ({ text, time: null, scope: [] });
const inputOf = (a: string, b: string, label: number): InputPair => ({ a: timeless(a), b: timeless(b), label, fold: 0, kind: 0 });

function rows(text: string): readonly (readonly string[])[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** The only deflated file of a zip archive, found by its local header (APPNOTE.TXT 4.3.7). */
function unzip(bytes: Buffer, name: string): string {
  for (let at = bytes.indexOf('PK\u0003\u0004'); at >= 0; at = bytes.indexOf('PK\u0003\u0004', at + 4)) {
    const [nameLength, extraLength] = [bytes.readUInt16LE(at + 26), bytes.readUInt16LE(at + 28)];
    if (bytes.toString('utf8', at + 30, at + 30 + nameLength) !== name) continue;
    return inflateRawSync(bytes.subarray(at + 30 + nameLength + extraLength)).toString('utf8');
  }
  throw new Error(`no ${name} in the zip archive`);
}

/** SNLI dev, breaking NLI, counterfactual NLI (training and dev) and negated SNLI and MNLI; label 0 entailed, 1 neutral, 2 contradicted. */
export function entailmentPairs(folder: string, seed: number): readonly InputPair[] {
  const found: InputPair[] = [];
  const add = (a: string | undefined, b: string | undefined, label: number | undefined) => {
    if (a !== undefined && b !== undefined && label !== undefined && !Number.isNaN(label)) found.push(inputOf(a, b, label));
  };
  for (const [a, b, label] of rows(archiveText(readArchive(folder, 'snli_dev_test'), 'rmib_pairs/data/snli/dev.txt')))
    add(a, b, Number(label));
  const breaking = readArchive(folder, 'breaking_nli').get('breaking_nli/breaking_nli_dataset.zip');
  if (breaking === undefined) throw new Error('no breaking_nli_dataset.zip in breaking_nli');
  for (const line of unzip(breaking, 'data/dataset.jsonl').split('\n')) {
    if (line === '') continue;
    const { sentence1, sentence2, gold_label: label } = JSON.parse(line);
    add(sentence1, sentence2, labelOf[label]);
  }
  const counterfactual = readArchive(folder, 'counterfactual_nli');
  for (const part of ['train', 'dev']) {
    for (const [a, b, label] of rows(archiveText(counterfactual, `counterfactual_nli/NLI/all_combined/${part}.tsv`)))
      add(a, b, labelOf[label ?? '']);
  }
  const negation = readArchive(folder, 'negation_nli');
  for (const part of ['SNLI', 'MNLI']) {
    for (const [, a, b, label] of rows(archiveText(negation, `negation_nli/data/new_benchmarks/clean_data/${part}.txt`)))
      add(a, b, labelOf[label ?? '']);
  }
  return shuffled(found, makeRandom(seed));
}

/** Shares of the natural pairs that are taken, by kind. */
const shares: Readonly<Record<string, number>> = {
  commit: 0.35,
  same_act: 0.6,
  split: 0.6,
  title_desc: 1,
  desc_first: 1,
  cmd_desc: 1,
  proposal: 1,
  same_intent: 1,
  title_first: 0.4,
  name_doc: 0.5,
};
const mostNatural = 30_000;
const longestText = 250;
/** Wrong partners are looked for among so many pairs of one kind and source. */
const neighbourhood = 512;

/** Two texts of one thing (label 1), and each first text with a near second text of another thing (label 0). */
export function naturalPairs(folder: string, seed: number): readonly InputPair[] {
  const random = makeRandom(seed);
  const taken = readNaturalPairs(folder).filter(
    ({ kind, src, a, b }) =>
      !src.includes('classic-books') && a !== b && a.length <= longestText && b.length <= longestText && random() < (shares[kind] ?? 0),
  );
  const some = shuffled(taken, random).slice(0, mostNatural);
  some.sort((x, y) => (`${x.kind} ${x.src}` < `${y.kind} ${y.src}` ? -1 : 1));
  const found: InputPair[] = [];
  for (let at = 0; at < some.length; at += neighbourhood) found.push(...withWrongPartners(some.slice(at, at + neighbourhood), random));
  return shuffled(found, random);
}

function withWrongPartners(pairs: readonly TextPair[], random: () => number): readonly InputPair[] {
  const model = loadStaticModel();
  const { dimensions } = model;
  const [first, second] = [pairs.map(({ a }) => a), pairs.map(({ b }) => b)].map((texts) => encodeTexts(model, texts ?? []));
  const row = (table: Float32Array | undefined, i: number) => table?.subarray(i * dimensions, (i + 1) * dimensions) ?? null;
  return pairs.flatMap(({ a, b }, i) => {
    const near = pairs
      .map((other, j) => ({ b: other.b, j, similarity: cosine(row(first, i), row(second, j)) }))
      .sort((x, y) => y.similarity - x.similarity)
      .slice(0, 6)
      .filter((other) => other.j !== i && other.b !== b && other.similarity < 0.98)
      .slice(0, 3);
    const wrong = near[Math.floor(random() * near.length)];
    return wrong === undefined ? [inputOf(a, b, 1)] : [inputOf(a, b, 1), inputOf(a, wrong.b, 0)];
  });
}
