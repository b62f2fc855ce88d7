/** Which rows the clauses of the instructions are about, found by meaning and by words; what each clause then does. */
import type { RunContext, VectorCache } from '../context.js';
import type { Embedder } from '../embed/embed.js';
import type { Row } from '../resolve/rows.js';
import { type Clause, splitInstructions } from '../segment/instructions.js';

/** A clause is about a row whose text, or the names it stands under, are this similar to it; measured on the shipped example. */
const minSimilarity = 0.5;

export interface FollowedClause extends Clause {
  /** Rows the clause is about. */
  readonly matched: number;
}

export interface Steering {
  readonly clauses: readonly FollowedClause[];
  /** Rows that must stay as they are. */
  readonly keep: ReadonlySet<number>;
  /** Rows that are left out altogether: what a session says of them is not used, what the store says of them stays. */
  readonly ignore: ReadonlySet<number>;
  /** Rows that may be changed without asking; null where no clause asks for a focus, then all may. */
  readonly focus: ReadonlySet<number> | null;
}

export async function steer(
  rows: readonly Row[],
  vectors: Float32Array,
  instructions: string | null,
  tools: { readonly embedder: Embedder; readonly cache: VectorCache | null },
  context: RunContext,
): Promise<Steering> {
  const clauses = instructions === null ? [] : splitInstructions(instructions);
  const { dimensions } = tools.embedder;
  const scopes = rows.map(scopeOf);
  const texts = [...new Set([...clauses.map((clause) => clause.about), ...(clauses.length > 0 ? scopes : [])])];
  const embedded = clauses.length === 0 ? new Float32Array() : await tools.embedder.embed(texts, tools.cache, context);
  const vectorOf = (text: string) => embedded.subarray(texts.indexOf(text) * dimensions, (texts.indexOf(text) + 1) * dimensions);
  const matches = clauses.map((clause) => {
    const about = vectorOf(clause.about);
    return new Set(
      rows.flatMap((row, at) => {
        const similarity = Math.max(
          dot(about, vectors.subarray(at * dimensions, (at + 1) * dimensions)),
          dot(about, vectorOf(scopes[at] ?? '')),
        );
        return similarity >= minSimilarity || namesAll(clause.about, `${scopes[at]} ${row.text}`) ? [at] : [];
      }),
    );
  });
  const union = (kind: Clause['kind']) => new Set(clauses.flatMap((clause, at) => (clause.kind === kind ? [...(matches[at] ?? [])] : [])));
  return {
    clauses: clauses.map((clause, at) => ({ ...clause, matched: clause.kind === 'other' ? 0 : (matches[at]?.size ?? 0) })),
    keep: union('keep'),
    ignore: union('ignore'),
    focus: clauses.some((clause) => clause.kind === 'focus') ? union('focus') : null,
  };
}

function scopeOf(row: Row): string {
  const { title, headings } = row.statement?.scope ?? { title: null, headings: [] };
  return [title ?? '', ...headings].join(' ').replace(/[-_]+/g, ' ').trim();
}

/** True where every word of four letters or more of the clause stands in the text, ends of words left aside. */
function namesAll(about: string, text: string): boolean {
  const words = about.toLowerCase().match(/\p{L}{4,}/gu) ?? [];
  const lower = text.toLowerCase();
  return words.length > 0 && words.every((word) => lower.includes(word.replace(/(?:ies|es|s|ing|ed)$/, '')));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
