/** A record made like others: the same keys in the same order as far as it is known what they hold, in the same spelling. */
import { createHash } from 'node:crypto';
import { type Node, parseTree } from 'jsonc-parser';
import { encodeJson } from './encode.js';
import { likeTime } from './like.js';

export interface RecordSample {
  readonly value: unknown;
  /** Key of the text, dotted where it stands deeper; of no meaning for a record that is a bare string. */
  readonly textPath: string;
  readonly text: string;
  readonly id: string | null;
  readonly kind: string | null;
}

export interface NewRecord {
  readonly text: string;
  readonly id: string | null;
  readonly kind: string;
  /** ISO 8601. */
  readonly at: string;
  /** Values of keys that the caller knows. */
  readonly fixed?: Readonly<Record<string, unknown>>;
}

type Plain = Readonly<Record<string, unknown>>;

/** From so many records on, what all of them say alike is taken for a convention of the store. */
const convention = 3;
const ownerKey = /^(?:user|agent|app)_?id$/i;
const markerKey = /^_?type$/i;
const timeKey = /(?:at|time|date|timestamp|ts|updated|created|modified)$/i;
const untilKey = /expir|due|until|end|delet|archiv/i;

/**
 * A value like those of `samples`, of which the last one gives the order of keys. A key is left out where nothing tells what the new
 * record should hold there; null stands where others hold null.
 */
export function likeRecord(samples: readonly RecordSample[], fresh: NewRecord): unknown {
  const model = samples.findLast(({ value }) => isPlain(value));
  if (model === undefined) return fresh.text;
  const values = samples.flatMap(({ value }) => (isPlain(value) ? [value] : []));
  return build(model, model.value, values, { prefix: '', fresh });
}

interface Context {
  readonly prefix: string;
  readonly fresh: NewRecord;
}

function build(model: RecordSample, value: unknown, values: readonly Plain[], { prefix, fresh }: Context): unknown {
  if (!isPlain(value)) return value;
  const made: Record<string, unknown> = {};
  for (const [key, own] of Object.entries(value)) {
    const path = `${prefix}${key}`;
    if (model.textPath.startsWith(`${path}.`) && isPlain(own)) {
      const inner = values.flatMap((one) => (isPlain(one[key]) ? [one[key]] : []));
      made[key] = build(model, own, inner, { prefix: `${path}.`, fresh });
      continue;
    }
    const all = values.map((one) => one[key]);
    const found = path === model.textPath ? fresh.text : fieldOf(key, own, all, model, fresh);
    if (found !== undefined) made[key] = found;
  }
  return made;
}

/** Undefined where it is not known. */
function fieldOf(key: string, own: unknown, all: readonly unknown[], model: RecordSample, fresh: NewRecord): unknown {
  const fixed = fresh.fixed?.[key];
  if (fixed !== undefined) return fixed;
  if (isScalar(own) && model.id !== null && String(own) === model.id && fresh.id !== null) {
    return typeof own === 'number' ? Number(fresh.id) : fresh.id;
  }
  if (isTime(key, own) && all.every((one) => isTime(key, one))) return likeTime(fresh.at, own);
  if (isMd5(own, model.text)) return createHash('md5').update(fresh.text).digest('hex');
  if (typeof own === 'string' && model.kind !== null && own === model.kind && fresh.kind !== '') return fresh.kind;
  const same = all.every((one) => JSON.stringify(one) === JSON.stringify(own));
  if (same && (all.length >= convention || ownerKey.test(key) || markerKey.test(key) || isEmpty(own))) return own;
  return all.includes(null) ? null : undefined;
}

function isTime(key: string, value: unknown): value is string | number {
  if (!timeKey.test(key) || untilKey.test(key)) return false;
  if (typeof value === 'number') return value >= 1e8;
  return typeof value === 'string' && (/^\d{9,19}(?:\.\d+)?$/.test(value) || /^\d{4}-\d{2}-\d{2}(?:[T ]|$)/.test(value));
}

function isMd5(value: unknown, text: string): boolean {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value) && value === createHash('md5').update(text).digest('hex');
}

function isScalar(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function isEmpty(value: unknown): boolean {
  return value !== '' && ['{}', '[]'].includes(JSON.stringify(value));
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** White space of a JSON object as its file writes it. */
export interface JsonStyle {
  readonly open: string;
  readonly close: string;
  /** With the comma. */
  readonly comma: string;
  /** With the colon. */
  readonly colon: string;
  /** True where what is not ASCII is escaped. */
  readonly ascii: boolean;
}

/** @param raw an object of the file; anything else gives compact JSON */
export function jsonStyleOf(raw: string, ascii: boolean): JsonStyle {
  const root = parseTree(raw);
  const [first, second] = root?.type === 'object' ? (root.children ?? []) : [];
  const last = root?.children?.at(-1);
  const [key, value] = first?.children ?? [];
  if (root === undefined || first === undefined || last === undefined || key === undefined || value === undefined) {
    return { open: '', close: '', comma: ',', colon: ':', ascii };
  }
  const open = raw.slice(root.offset + 1, first.offset);
  const colon = raw.slice(endOf(key), value.offset);
  return {
    open,
    close: raw.slice(endOf(last), endOf(root) - 1),
    comma: second === undefined ? `,${open === '' && /\s$/.test(colon) ? ' ' : open}` : raw.slice(endOf(first), second.offset),
    colon,
    ascii,
  };
}

function endOf(node: Node): number {
  return node.offset + node.length;
}

/** What parts the elements of a list on one line. */
export function commaOf({ comma }: JsonStyle): string {
  return /\s$/.test(comma) ? ', ' : ',';
}

/** JSON in the given style; what stands inside of values is on one line. */
export function writeJson(value: unknown, style: JsonStyle): string {
  const inner: JsonStyle = { ...style, open: '', close: '', comma: commaOf(style) };
  if (Array.isArray(value)) return `[${value.map((one) => writeJson(one, inner)).join(inner.comma)}]`;
  if (!isPlain(value)) return typeof value === 'string' ? encodeJson(value, style.ascii) : JSON.stringify(value);
  const members = Object.entries(value).map(([key, one]) => `${encodeJson(key, style.ascii)}${style.colon}${writeJson(one, inner)}`);
  return `{${style.open}${members.join(style.comma)}${style.close}}`;
}
