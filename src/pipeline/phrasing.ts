/** Insights in Claude's words: asked for once, kept for the next dream, taken only through the gate. */
import { z } from 'zod';
import type { RunContext } from '../context.js';
import { sha256 } from '../memory.js';
import { findInjections, findSecrets } from '../read/screen.js';
import type { Reader } from '../relate/judge.js';
import {
  type PhrasedInsight,
  phraseDocument,
  phrasePrompt,
  phraseSchema,
  phraseVersion,
  readPhrases,
  refusePhrase,
} from '../relate/phrasing.js';
import { type Channel, stopWords } from './channel.js';
import type { Masker } from './masking.js';

export interface PhrasingTools {
  readonly channel: Channel;
  readonly masker: Masker;
  readonly reader: Pick<Reader, 'read'>;
  readonly context: RunContext;
}

/** Insights of one request. */
const mostInsights = 40;
/** Quotes shown of each. */
const mostQuotes = 6;
/** Tokens of an answer at most, and for each insight. */
const answerBound = { base: 2000, insight: 200 } as const;
/** What it likely comes to. */
const answerEstimate = { base: 250, insight: 60 } as const;

/** Texts by the place of their insight; those without usable words are left out. */
export async function phraseInsights(insights: readonly PhrasedInsight[], tools: PhrasingTools): Promise<ReadonlyMap<number, string>> {
  const { engine, scope: asked } = tools.channel.options;
  const scope = { question: phraseVersion, model: asked.model };
  const keys = insights.map(({ kind, text, evidence }) => sha256(JSON.stringify([kind, text, evidence])));
  const known = engine.store.answers(scope, keys, z.string());
  const open = insights.flatMap((insight, at) => (known.has(keys[at] ?? '') ? [] : [{ insight, at, key: keys[at] ?? '' }]));
  const fresh = new Map<number, string>();
  for (let start = 0; start < open.length; start += mostInsights) {
    for (const [at, text] of await askForWords(open.slice(start, start + mostInsights), scope, tools)) fresh.set(at, text);
  }
  const words = insights.map((_, at) => fresh.get(at) ?? known.get(keys[at] ?? '')?.value ?? null);
  return new Map(
    words.flatMap((text, at) => {
      const insight = insights[at];
      return text === null || insight === undefined || refusal(insight, text, tools) !== null ? [] : [[at, text] as const];
    }),
  );
}

/** Words are judged in the form in which they would enter the store. */
function refusal(insight: PhrasedInsight, text: string, { reader }: PhrasingTools): string | null {
  if (findInjections(text).length > 0 || findSecrets(text, 'strict').length > 0) {
    return 'Other words for an insight were not taken: they address the model, or hold a secret.';
  }
  return refusePhrase(reader, insight.text, text);
}

interface Open {
  readonly insight: PhrasedInsight;
  readonly at: number;
  readonly key: string;
}

async function askForWords(
  open: readonly Open[],
  scope: { readonly question: string; readonly model: string },
  tools: PhrasingTools,
): Promise<ReadonlyMap<number, string>> {
  if (open.length === 0) return new Map();
  const { masker, channel, context } = tools;
  const { engine, dream, settings } = channel.options;
  const masked = open.map(({ insight: { kind, text, evidence } }) => ({
    kind,
    text: masker.mask(text),
    evidence: evidence.slice(0, mostQuotes).map((quote) => masker.mask(quote)),
  }));
  const request = {
    system: phrasePrompt,
    document: phraseDocument(masked),
    maxTokens: answerBound.base + answerBound.insight * open.length,
    schema: phraseSchema,
  };
  if (settings.dryRun) channel.plan(request, answerEstimate.base + answerEstimate.insight * open.length, { clusters: 0, pairs: [] }, false);
  if (!channel.open) return new Map();
  const stop = channel.budget.reserve(channel.boundOf(request, false));
  if (stop !== null) {
    channel.stop(stopWords[stop]);
    return new Map();
  }
  return channel.exchange(request, { signal: context.signal, context }, (reply, spending) => {
    if (reply.kind === 'failure' && reply.scope === 'run') channel.stop(reply.message);
    const read = reply.kind === 'message' && reply.stop === 'end' ? readPhrases(reply.text, open.length) : { texts: null, why: null };
    const texts = new Map([...(read.texts ?? [])].map(([i, text]) => [i, masker.restore(text)]));
    const rows = open.flatMap(({ key }, i) => (texts.has(i) ? [{ pair: key, value: texts.get(i) }] : []));
    const refusals = open.flatMap(({ insight }, i) => {
      const text = texts.get(i);
      return text === undefined ? [] : (refusal(insight, text, tools) ?? []);
    });
    const doubts = [...new Set([...(read.why === null ? [] : [`It was not understood: ${read.why}.`]), ...refusals])];
    const entry = { ...channel.entryOf(reply, spending, 'phrase', null), answered: { phrased: texts.size - refusals.length }, doubts };
    engine.store.saveCall(dream, entry, scope, rows);
    return new Map(open.flatMap(({ at }, i) => (texts.has(i) ? [[at, texts.get(i) ?? ''] as const] : [])));
  });
}
