/** Reads the public data sets that models are trained on and measured with, straight from their archives. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';

/** The files of `<folder>/<name>.tar.gz` by path; plain ustar, which all these archives are. */
export function readArchive(folder: string, name: string): ReadonlyMap<string, Buffer> {
  const tar = gunzipSync(readFileSync(join(folder, `${name}.tar.gz`)));
  const files = new Map<string, Buffer>();
  for (let at = 0; at + 512 <= tar.length; ) {
    const text = (from: number, length: number) => tar.toString('utf8', at + from, at + from + length).replace(/\0[\s\S]*$/, '');
    const path = text(0, 100);
    if (path === '') break;
    const prefix = text(345, 155);
    const size = Number.parseInt(text(124, 12), 8);
    if (text(156, 1) === '0') files.set(prefix === '' ? path : `${prefix}/${path}`, tar.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** One file of an archive as text. */
export function archiveText(archive: ReadonlyMap<string, Buffer>, path: string): string {
  const bytes = archive.get(path);
  if (bytes === undefined) throw new Error(`no ${path} in the archive`);
  return bytes.toString('utf8');
}

export interface TextPair {
  readonly a: string;
  readonly b: string;
}

/** Two texts and how alike they are said to be, on the scale of their data set. */
export interface ScoredPair extends TextPair {
  readonly score: number;
}

const lines = (text: string): string[] => text.split(/\r?\n/).filter((line) => line !== '');

/** STS benchmark, scores 0 to 5. */
export function readSts(folder: string, split: 'train' | 'dev' | 'test'): ScoredPair[] {
  const text = archiveText(readArchive(folder, 'stsbenchmark'), `sts_sentEval/data/downstream/STS/STSBenchmark/sts-${split}.csv`);
  return lines(text).map((line) => {
    const cells = line.split('\t');
    return { a: cells[5] ?? '', b: cells[6] ?? '', score: Number(cells[4]) };
  });
}

const nliScores: Readonly<Record<string, number>> = { entailment: 2, neutral: 1, contradiction: 0, not_entailment: 0.5 };

/** SNLI: 2 entailed, 1 neutral, 0 contradicted. */
export function readSnli(folder: string, split: 'dev' | 'test'): ScoredPair[] {
  const text = archiveText(readArchive(folder, 'snli_dev_test'), `rmib_pairs/data/snli/${split}.txt`);
  return lines(text).map((line) => {
    const [a, b, label] = line.split('\t');
    return { a: a ?? '', b: b ?? '', score: 2 - Number(label) };
  });
}

/** The training part of counterfactual NLI: the smallest edits that flip a label. */
export function readCounterfactualNli(folder: string): ScoredPair[] {
  const text = archiveText(readArchive(folder, 'counterfactual_nli'), 'counterfactual_nli/NLI/all_combined/train.tsv');
  return lines(text)
    .slice(1)
    .map((line) => {
      const [a, b, label] = line.split('\t');
      return { a: a ?? '', b: b ?? '', score: nliScores[label ?? ''] ?? 1 };
    });
}

/** Descriptions of the same shell command, each with the next one. */
export function readSameCommand(folder: string): TextPair[] {
  const archive = readArchive(folder, 'nl2bash');
  const descriptions = archiveText(archive, 'nl2bash/data/bash/all.nl').split('\n');
  const byCommand = new Map<string, string[]>();
  for (const [row, command] of archiveText(archive, 'nl2bash/data/bash/all.cm').split('\n').entries()) {
    if (command !== '') byCommand.set(command, [...(byCommand.get(command) ?? []), descriptions[row] ?? '']);
  }
  return [...byCommand.values()].flatMap((texts) => texts.slice(1).map((b, i) => ({ a: texts[i] ?? '', b })));
}

/** A sentence and the first of the two it was split into, from the tuning and validation parts. */
export function readWikiSplit(folder: string): TextPair[] {
  const archive = readArchive(folder, 'wiki_split');
  return ['tune', 'validation'].flatMap((part) =>
    lines(archiveText(archive, `wiki_split/${part}.tsv`)).map((line) => {
      const [a, split] = line.split('\t');
      return { a: a ?? '', b: (split ?? '').replace('<::::>', '') };
    }),
  );
}

/** Pairs that naturally belong together, by kind; `corpus/pairs.jsonl.gz`. */
export function readNaturalPairs(folder: string): (TextPair & { readonly kind: string; readonly src: string })[] {
  return lines(gunzipSync(readFileSync(join(folder, 'corpus', 'pairs.jsonl.gz'))).toString('utf8')).map((line) => JSON.parse(line));
}

/** Bug reports of a project by id (summary lines), and for each duplicate with both texts known the ids it repeats. */
export interface BugProject {
  readonly summaries: ReadonlyMap<string, string>;
  readonly duplicates: ReadonlyMap<string, readonly string[]>;
}

const summaryColumn = 'Summary';

export function readBugProjects(folder: string): BugProject[] {
  const archive = readArchive(folder, 'gitbugs');
  const rows = (path: string): Record<string, string>[] =>
    parse(archiveText(archive, path), { columns: true, relax_quotes: true, bom: true });
  return [...archive.keys()]
    .filter((path) => path.endsWith('_bugs.csv') && archive.has(path.replace('.csv', '-combined.csv')))
    .sort()
    .map((path) => {
      const summaries = new Map(rows(path).map((row) => [row['Issue id'] ?? '', row[summaryColumn] ?? '']));
      const duplicates = new Map<string, readonly string[]>();
      for (const row of rows(path.replace('.csv', '-combined.csv'))) {
        const id = row['Issue id'] ?? '';
        const others = (row['Duplicate id'] ?? '').split(/[,\s]+/).filter((other) => other !== id && summaries.has(other));
        if (summaries.has(id) && others.length > 0) duplicates.set(id, others);
      }
      return { summaries, duplicates };
    });
}
