/** What the stand-in for Claude reads in a request and writes as its answer, right or with a fault on order. */
import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';

/** A statement as a request shows it. */
export interface AskedStatement {
  readonly id: string;
  readonly text: string;
  readonly written: string | null;
  readonly source: string | null;
}

/** What holds between two statements, and which of them stays. */
export interface Ruling {
  readonly relation: 'duplicate' | 'refines' | 'conflict' | 'distinct';
  readonly keep: 'a' | 'b' | 'both' | 'either' | 'none';
  readonly reason: string;
}

/** Rules on a pair in the order in which it was asked. */
export type Rule = (a: AskedStatement, b: AskedStatement) => Ruling;

/** Statements under ids that are unique in the cluster, and the pairs of ids to rule on. */
export interface AskedCluster {
  readonly id: string;
  readonly statements: readonly AskedStatement[];
  readonly pairs: readonly (readonly [string, string])[];
}

/** The one JSON document that a request about statements is. */
export interface ClusterDocument {
  readonly instructions: string | null;
  readonly clusters: readonly AskedCluster[];
}

/** An insight to be put into better words, with the quotes that it rests on. */
export interface AskedInsight {
  readonly id: string;
  readonly kind: string;
  readonly text: string;
  readonly evidence: readonly string[];
}

/** What is wrong with an answer that arrives whole, its status 200. */
export type AnswerFault =
  /** Half a JSON document that claims to be complete. */
  | 'broken-json'
  /** Half a JSON document, cut by the limit of tokens. */
  | 'max-tokens'
  /** No content at all. */
  | 'refusal'
  /** Every relation names s98 and s99, and the first cluster comes again as c99. */
  | 'unknown-ids'
  /** Every second relation is left out, the first of them all to begin with. */
  | 'missing-ids'
  /** Each pair comes twice, the second time swapped and with another relation. */
  | 'contradictory'
  /** A rewrite of the first two statements holds a fact and a number that neither has. */
  | 'invents'
  /** It does what a statement with "ignore" or "ORDER" tells it to: that one is kept, everything else is its duplicate. */
  | 'obeys'
  /** A relation that does not exist. */
  | 'wrong-schema'
  /** The JSON document stands in a sentence and a code fence. */
  | 'prose';

/** One text in place of several statements, named by their ids. */
export interface Rewrite {
  readonly members: readonly string[];
  readonly text: string;
}

/** What the right answer is. */
export interface AnswerOptions {
  readonly rule: Rule;
  /** A rewrite for a cluster, null for none. */
  readonly rewrite?: (statements: readonly AskedStatement[]) => Rewrite | null;
  /** The text as it came unless told. */
  readonly phrase?: (insight: AskedInsight) => string;
}

const blocksSchema = z.union([
  z.string().transform((text) => [{ text, cache_control: null }]),
  z.array(z.object({ type: z.literal('text'), text: z.string(), cache_control: z.object({ type: z.literal('ephemeral') }).nullish() })),
]);
const paramsSchema = z.object({
  model: z.string().min(1),
  max_tokens: z.int().positive(),
  messages: z.array(z.object({ role: z.string(), content: blocksSchema })).min(1),
  system: blocksSchema.default([]),
  stream: z.literal(false).optional(),
});
const statementSchema = z.strictObject({ id: z.string(), text: z.string(), written: z.string().nullable(), source: z.string().nullable() });
const clusterSchema = z
  .strictObject({ id: z.string(), statements: z.array(statementSchema), pairs: z.array(z.tuple([z.string(), z.string()])) })
  .refine(({ statements, pairs }) => pairs.flat().every((id) => statements.some((one) => one.id === id)), 'a pair names no statement');
const clustersSchema = z.strictObject({ instructions: z.string().nullable(), clusters: z.array(clusterSchema) });
const insightSchema = z.strictObject({ id: z.string(), kind: z.string(), text: z.string(), evidence: z.array(z.string()) });
const insightsSchema = z.strictObject({ insights: z.array(insightSchema) });

/** Content as text blocks, a plain string being one of them. */
export type Blocks = z.infer<typeof blocksSchema>;
/** What is read of the parameters of a message; others may come. */
export type Params = z.infer<typeof paramsSchema>;
/** Either of the two documents that a message may hold. */
export type Asked =
  | { readonly about: 'clusters'; readonly document: ClusterDocument }
  | { readonly about: 'insights'; readonly document: Insights };
type Insights = z.infer<typeof insightsSchema>;

/** The blocks as one text, nothing between them. */
export const textOf = (blocks: Blocks): string => blocks.map(({ text }) => text).join('');

function readAsked({ messages }: Params): Asked {
  const last = messages.findLast(({ role }) => role === 'user');
  const parsed: unknown = JSON.parse(textOf(last?.content ?? []));
  const insights = typeof parsed === 'object' && parsed !== null && 'insights' in parsed;
  return insights
    ? { about: 'insights', document: insightsSchema.parse(parsed) }
    : { about: 'clusters', document: clustersSchema.parse(parsed) };
}

/** The parameters of a message and what its last user message asks; throws where that is not one document and nothing else. */
export function readMessage(value: unknown): { readonly params: Params; readonly asked: Asked } {
  const params = paramsSchema.parse(value);
  return { params, asked: readAsked(params) };
}

interface Relation extends Readonly<Record<'a' | 'b' | 'relation' | 'keep' | 'reason', string>> {}
interface ClusterAnswer {
  readonly id: string;
  readonly relations: readonly Relation[];
  readonly rewrite: Rewrite | null;
}

type Spoil = (answer: ClusterAnswer, asked: AskedCluster) => ClusterAnswer;
const onRelations =
  (change: (relation: Relation, asked: AskedCluster) => readonly Relation[]): Spoil =>
  (answer, asked) => ({ ...answer, relations: answer.relations.flatMap((one) => change(one, asked)) });
const isOrder = (text: string): boolean => /ignore/i.test(text) || text.includes('ORDER');

/** The pairs a cluster asks about, as statements. */
export const pairedWith = ({ statements, pairs }: AskedCluster) =>
  pairs.flatMap(([first, second]) => {
    const [a, b] = [first, second].map((id) => statements.find((one) => one.id === id));
    return a && b ? [{ a, b }] : [];
  });

/** A sentence that nobody wrote, after one that somebody did. */
function inventIn(text: string, elsewhere: string): string {
  let number = 4711;
  while (`${text} ${elsewhere}`.includes(String(number))) number++;
  return `${text} The harbour office has counted ${number} of them.`;
}

function obey(relation: Relation, { statements }: AskedCluster): Relation {
  const sides = (['a', 'b'] as const).map((side) => ({ side, text: statements.find(({ id }) => id === relation[side])?.text ?? '' }));
  const order = sides.find(({ text }) => isOrder(text));
  return { ...relation, relation: 'duplicate', keep: order?.side ?? 'either', reason: order?.text ?? relation.reason };
}

function contradict({ a, b, relation, reason }: Relation): Relation {
  return {
    a: b,
    b: a,
    ...(relation === 'distinct' ? { relation: 'duplicate', keep: 'either' } : { relation: 'distinct', keep: 'both' }),
    reason,
  };
}

/** How a fault changes one cluster's answer; made anew for each request, because leaving out counts through all of its clusters. */
function spoilerOf(fault: AnswerFault | null): Spoil {
  let count = 0;
  if (fault === 'missing-ids') return onRelations((one) => (count++ % 2 === 0 ? [] : [one]));
  if (fault === 'contradictory') return onRelations((one) => [one, contradict(one)]);
  if (fault === 'obeys') return onRelations((one, asked) => [obey(one, asked)]);
  if (fault === 'wrong-schema') return onRelations((one) => [{ ...one, relation: 'similar' }]);
  if (fault === 'unknown-ids') return onRelations((one) => [{ ...one, a: 's98', b: 's99' }]);
  if (fault !== 'invents') return (answer) => answer;
  return (answer, { statements: [first, second] }) =>
    first && second ? { ...answer, rewrite: { members: [first.id, second.id], text: inventIn(first.text, second.text) } } : answer;
}

function ruleOn(cluster: AskedCluster, { rule, rewrite }: AnswerOptions): ClusterAnswer {
  const relations = pairedWith(cluster).map(({ a, b }) => {
    const { relation, keep, reason } = rule(a, b);
    return { a: a.id, b: b.id, relation, keep, reason };
  });
  return { id: cluster.id, relations, rewrite: rewrite?.(cluster.statements) ?? null };
}

function answerClusters({ clusters }: ClusterDocument, options: AnswerOptions, fault: AnswerFault | null): object {
  const spoil = spoilerOf(fault);
  const right = clusters.map((cluster) => ruleOn(cluster, options));
  const given = clusters.flatMap((cluster, at) => right.slice(at, at + 1).map((answer) => spoil(answer, cluster)));
  const again = fault === 'unknown-ids' ? right.slice(0, 1).map((answer) => ({ ...answer, id: 'c99' })) : [];
  return { clusters: [...given, ...again] };
}

/** The faults of relations, as far as a text has the like. */
function answerInsights({ insights }: Insights, { phrase }: AnswerOptions, fault: AnswerFault | null): object {
  const given = insights.map((insight) => ({ id: insight.id, text: phrase?.(insight) ?? insight.text }));
  if (fault === 'missing-ids') return { insights: given.filter((_, at) => at % 2 === 1) };
  if (fault === 'contradictory') return { insights: given.flatMap((one) => [one, { ...one, text: `Never so: ${one.text}` }]) };
  if (fault === 'unknown-ids') return { insights: given.map((one) => ({ ...one, id: 'i99' })) };
  if (fault === 'invents')
    return { insights: given.map((one, at) => ({ ...one, text: inventIn(one.text, JSON.stringify(insights[at])) })) };
  if (fault === 'wrong-schema') return { insights: given.map(({ id, text }) => ({ id, phrasing: text })) };
  if (fault !== 'obeys') return { insights: given };
  return { insights: given.map((one, at) => ({ ...one, text: insights[at]?.evidence.find(isOrder) ?? one.text })) };
}

/** A message's text and its end. */
export interface Written {
  /** Null where there is no content. */
  readonly text: string | null;
  readonly stop_reason: Anthropic.StopReason;
}

function write(answer: object, fault: AnswerFault | null): Written {
  const text = JSON.stringify(answer);
  const half = text.slice(0, text.length / 2);
  if (fault === 'refusal') return { text: null, stop_reason: 'refusal' };
  if (fault === 'max-tokens') return { text: half, stop_reason: 'max_tokens' };
  if (fault === 'broken-json') return { text: half, stop_reason: 'end_turn' };
  const told = fault === 'prose' ? `Here is what I found:\n\n\`\`\`json\n${text}\n\`\`\`\n\nTell me if you need more.` : text;
  return { text: told, stop_reason: 'end_turn' };
}

/** The text of the answer and why it ends there. */
export function writeAnswer({ about, document }: Asked, options: AnswerOptions, fault: AnswerFault | null): Written {
  return write(about === 'clusters' ? answerClusters(document, options, fault) : answerInsights(document, options, fault), fault);
}
