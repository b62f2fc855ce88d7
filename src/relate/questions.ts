/**
 * What is asked first, and together: open pairs -> clusters of statements -> requests. The clusters in which an answer is worth most for
 * what it costs come first, so that a small budget buys the most. Pure; the same questions in any order give the same requests.
 */
import { compareText } from '../memory.js';

/** A statement as it is shown to Claude. */
export interface AskedStatement {
  /** `textKey` of its text. */
  readonly key: string;
  /** Without secrets and home folders. */
  readonly text: string;
  /** ISO 8601, null where unknown or too weak to count. */
  readonly written: string | null;
  /** Where it stands: path and headings, or the session it was said in; null for a bare text. */
  readonly source: string | null;
}

/** A pair that nobody is sure about. */
export interface Question {
  /** `questionKey` of its two texts. */
  readonly key: string;
  /** In the order of their keys. */
  readonly a: AskedStatement;
  readonly b: AskedStatement;
  /** How many changes an answer is expected to make, or to prevent: uncertainty times what hangs on it. Above 0. */
  readonly value: number;
}

/** Statements that are asked about together, with the pairs in question. */
export interface QuestionCluster {
  readonly statements: readonly AskedStatement[];
  readonly questions: readonly Question[];
}

export interface ClusterShape {
  /** Most statements of a cluster; 2 asks about each pair alone. */
  readonly statements: number;
  readonly pairs: number;
}

export interface RequestShape {
  readonly pairs: number;
  /** Most bytes of statements in one request. */
  readonly bytes: number;
}

/** Enough for one subject to be seen whole, few enough for every pair to be looked at. */
export const storeClusters: ClusterShape = { statements: 8, pairs: 12 };
export const singlePairs: ClusterShape = { statements: 2, pairs: 1 };
export const requestShape: RequestShape = { pairs: 60, bytes: 36_000 };

/**
 * Names a pair of texts, whichever comes first. `apart`: they stand under different names or headings, which can make two facts of what
 * would be one; such a pair has an answer of its own.
 */
export function questionKey(a: string, b: string, apart = false): string {
  return `${a < b ? `${a}:${b}` : `${b}:${a}`}${apart ? ':apart' : ''}`;
}

/** Bytes that a statement takes in a request, its names and signs included. */
function bytesOf({ text, written, source }: AskedStatement): number {
  return Buffer.byteLength(JSON.stringify({ id: 's10', text, written, source })) + 1;
}

interface Growing {
  readonly statements: Map<string, AskedStatement>;
  readonly questions: Question[];
  /** Order in which it began, among equals. */
  readonly at: number;
}

/** The cluster that a question joins without passing the limits, or null. */
function roomFor(question: Question, open: ReadonlyMap<string, Growing>, shape: ClusterShape): Growing | null {
  const fits = (cluster: Growing | undefined): cluster is Growing => {
    if (cluster === undefined || cluster.questions.length >= shape.pairs) return false;
    const added = [question.a, question.b].filter(({ key }) => !cluster.statements.has(key)).length;
    return cluster.statements.size + added <= shape.statements;
  };
  const [left, right] = [open.get(question.a.key), open.get(question.b.key)];
  return fits(left) ? left : fits(right) ? right : null;
}

/** What a cluster is worth a byte. */
function density({ statements, questions }: QuestionCluster): number {
  const bytes = statements.reduce((sum, statement) => sum + bytesOf(statement), 0);
  return questions.reduce((sum, { value }) => sum + value, 0) / (bytes + 40 * questions.length);
}

/** Questions about the same statements in one cluster, as far as `shape` allows; the clusters worth most for their size first. */
export function clusterQuestions(questions: readonly Question[], shape: ClusterShape): readonly QuestionCluster[] {
  const byValue = [...questions].sort((x, y) => y.value - x.value || compareText(x.key, y.key));
  const open = new Map<string, Growing>();
  const all: Growing[] = [];
  for (const question of byValue) {
    let cluster = roomFor(question, open, shape);
    if (cluster === null) {
      cluster = { statements: new Map(), questions: [], at: all.length };
      all.push(cluster);
    }
    cluster.questions.push(question);
    for (const side of [question.a, question.b]) {
      cluster.statements.set(side.key, side);
      open.set(side.key, cluster);
    }
  }
  return all
    .map(({ statements, questions: asked, at }) => ({ at, cluster: { statements: [...statements.values()], questions: asked } }))
    .sort((x, y) => density(y.cluster) - density(x.cluster) || x.at - y.at)
    .map(({ cluster }) => cluster);
}

/** Clusters in their order, as many a request as fit; one that is larger than a request goes alone. */
export function packClusters(clusters: readonly QuestionCluster[], shape: RequestShape): readonly (readonly QuestionCluster[])[] {
  const requests: QuestionCluster[][] = [];
  let pairs = 0;
  let bytes = 0;
  for (const cluster of clusters) {
    const size = cluster.statements.reduce((sum, statement) => sum + bytesOf(statement), 0);
    const last = requests.at(-1);
    if (last !== undefined && pairs + cluster.questions.length <= shape.pairs && bytes + size <= shape.bytes) last.push(cluster);
    else {
      requests.push([cluster]);
      pairs = 0;
      bytes = 0;
    }
    pairs += cluster.questions.length;
    bytes += size;
  }
  return requests;
}
