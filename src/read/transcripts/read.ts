/** One transcript file: find its shape and format, then hand its records to the format's reader and keep the books. */
import type { Problem } from '../../memory.js';
import { type Head, type TranscriptFormat, transcriptFormats } from './formats.js';
import { asFields } from './json.js';
import { openSink, type Sink, type TranscriptItem } from './sink.js';
import { type Entry, readEntries, readRecordBytes, type Shape, sniffShape } from './source.js';
import { clip } from './text.js';

/** Records that are looked at to tell the format, and the share of them that has to fit. */
const sampleSize = 50;
const enoughFit = 0.6;

/** Bytes kept of each end of a record that was not understood. */
const unknownEnd = 512;

interface Sample {
  readonly head: Head;
  readonly values: readonly { readonly value: unknown; readonly slot: string | null }[];
}

export interface Counts {
  records: number;
  explained: number;
  reported: number;
}

interface ReadOptions {
  readonly persons: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** The first records; of a document also its fields and the sizes of its arrays, for which it is read to its end. */
async function takeSample(file: string, shape: Shape, signal: AbortSignal): Promise<Sample> {
  const fields: Record<string, unknown> = {};
  const slots = new Map<string | null, number>();
  const values: Sample['values'][number][] = [];
  for await (const batch of readEntries(file, shape, signal)) {
    for (const { kind, slot, parsed } of batch) {
      if (kind === 'field') fields[slot ?? ''] = parsed?.value;
      else {
        slots.set(slot, (slots.get(slot) ?? 0) + 1);
        if (parsed !== null && values.length < sampleSize) values.push({ value: parsed.value, slot });
      }
    }
    if (shape === 'lines' && values.length === sampleSize) break;
  }
  return { head: { fields: asFields(fields) ?? {}, slots }, values };
}

/** The format that fits most of the sample, or null where none fits enough of it. */
function recognise(file: string, { head, values }: Sample): TranscriptFormat | null {
  const scored = transcriptFormats.map((format) => ({
    format,
    fits: values.filter(({ value, slot }) => format.matches(value, { file, slot, head })).length,
  }));
  const best = scored.reduce<(typeof scored)[number] | null>((a, b) => (a === null || b.fits > a.fits ? b : a), null);
  return best !== null && best.fits > 0 && best.fits >= enoughFit * values.length ? best.format : null;
}

function unknownFormat(file: string): Problem {
  const names = [...new Set(transcriptFormats.map(({ name }) => name))].join(', ');
  const message = `Not a transcript of a known format (${names}); nothing of it was used. Leave it out, or convert it to one of these.`;
  return { kind: 'unsupported', path: file, line: null, message };
}

/** Hands one record on; what the format does not understand is kept as a note and counted. */
function accept(entry: Entry, reader: ReturnType<TranscriptFormat['open']>, sink: Sink, counts: Counts): void {
  if (entry.problem !== null) sink.problem(entry.problem);
  if (entry.kind === 'field') return;
  counts.records += 1;
  if (entry.parsed === null) {
    counts.reported += 1;
    return;
  }
  const { line, slot } = entry;
  const refused = reader.accept({ value: entry.parsed.value, line, slot });
  if (refused === null) {
    counts.explained += 1;
    return;
  }
  counts.reported += 1;
  sink.unknown(refused, line);
  sink.turn({ speaker: 'harness', kind: 'note', text: clip(JSON.stringify(entry.parsed.value), unknownEnd), line });
}

async function* readKnown(
  file: string,
  source: { readonly shape: Shape; readonly format: TranscriptFormat; readonly head: Head },
  options: ReadOptions,
  counts: Counts,
): AsyncGenerator<TranscriptItem> {
  const { shape, format, head } = source;
  const sink = openSink(file, format.name, options.persons);
  const reader = format.open(file, sink, head);
  if ('scan' in reader) {
    for await (const batch of readRecordBytes(file, shape, options.signal)) for (const bytes of batch) reader.scan(bytes);
    reader.scanned();
  }
  for await (const batch of readEntries(file, shape, options.signal)) {
    for (const entry of batch) {
      accept(entry, reader, sink, counts);
      yield* sink.drain();
    }
  }
  reader.end();
  sink.finish();
  yield* sink.drain();
}

/** All that is said of a file of no known format: what is broken in it, or else that it is not known; its records are counted. */
async function* readUnknown(file: string, shape: Shape, options: ReadOptions, counts: Counts): AsyncGenerator<TranscriptItem> {
  let anyParsed = false;
  const broken: Problem[] = [];
  for await (const batch of readEntries(file, shape, options.signal)) {
    for (const { kind, parsed, problem } of batch) {
      anyParsed ||= parsed !== null;
      if (kind === 'element') counts.records += 1;
      if (problem !== null && broken.length < sampleSize) broken.push(problem);
    }
  }
  counts.reported = counts.records;
  for (const problem of anyParsed || broken.length === 0 ? [unknownFormat(file)] : broken) yield { kind: 'problem', problem };
}

/**
 * The items of one file but for its counts, which are added up in `counts`.
 * @throws Error of the file system, with its `code`; the reason of the signal.
 */
export async function* readRecords(file: string, options: ReadOptions, counts: Counts): AsyncGenerator<TranscriptItem> {
  const sniffed = await sniffShape(file, options.signal);
  if (sniffed === 'empty') return;
  let shape = sniffed;
  let sample = await takeSample(file, shape, options.signal);
  if (shape === 'document' && sample.head.slots.size === 0) {
    shape = 'value';
    sample = await takeSample(file, shape, options.signal);
  }
  const format = recognise(file, sample);
  if (format === null) yield* readUnknown(file, shape, options, counts);
  else yield* readKnown(file, { shape, format, head: sample.head }, options, counts);
}
