/**
 * What a dream over about 1,000 statements and 100 sessions costs when Claude is asked about what the local judge is unsure of, beside
 * asking about every pair that it looks at, and beside a request for each statement with its ten nearest.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openDreamfold } from '../dist/api.js';
import { dreamSettings, parseSettings } from '../dist/config.js';
import { Channel, type PlannedRequest } from '../dist/pipeline/channel.js';
import { contextOf, type Engine, openEngine } from '../dist/pipeline/engine.js';
import { Masker } from '../dist/pipeline/masking.js';
import { Sender } from '../dist/pipeline/sending.js';
import { addUsage, batchShare, costOf, defaultModel, noTokens, priceOf, type TokenUsage } from '../dist/relate/prices.js';
import {
  clusterQuestions,
  packClusters,
  type QuestionCluster,
  questionKey,
  requestShape,
  storeClusters,
} from '../dist/relate/questions.js';
import type { ClaudeStandIn } from '../test/support/claude.js';
import { fromScenario } from '../test/support/claude-rules.js';
import { benchTime, withClaude } from './asking-server.js';
import { type BigStore, composeStore, type Neighbourhood, readNeighbourhood } from './asking-store.js';
import { scenarioNamed } from './scenarios.js';

/** 1,023 statements that are compared by meaning, and 100 sessions. */
const scenarios = ['webshop', 'support', 'ferry', 'payments', 'game', 'lab'] as const;
const models = ['claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-opus-5-5'] as const;

/** `counted`: what the stand-in bills, a token for four bytes; `estimated`: what `--dry-run` says of the same requests. */
type Basis = 'counted' | 'estimated';

export interface PriceRow {
  readonly way: string;
  readonly basis: Basis;
  readonly requests: number;
  readonly pairs: number;
  readonly usage: TokenUsage;
  /** US dollars at list price by model, and by the Message Batches API. */
  readonly usd: readonly { readonly model: string; readonly each: number; readonly batch: number }[];
}

export interface PriceFigures {
  readonly statements: number;
  readonly sessions: number;
  readonly rows: readonly PriceRow[];
}

const replyForm = z.object({
  usage: z.object({
    input_tokens: z.number(),
    output_tokens: z.number(),
    cache_creation_input_tokens: z.number(),
    cache_read_input_tokens: z.number(),
  }),
});

/** What the program would send for these clusters, by its own code, with its own estimates. */
async function planned(engine: Engine, requests: readonly (readonly QuestionCluster[])[]): Promise<readonly PlannedRequest[]> {
  const settings = parseSettings(dreamSettings, { store: '.', dryRun: true });
  const scope = { model: defaultModel, question: '' };
  const channel = new Channel({ engine, settings, scope, claude: null, times: null, dream: null });
  await new Sender(channel, null, new Masker(), () => undefined).send(requests, contextOf(engine, 1));
  return channel.planned();
}

/** Sends each request to a stand-in that has seen none before, one after the other, and adds up what it bills. */
async function billed(big: BigStore, requests: readonly PlannedRequest[]): Promise<TokenUsage> {
  return withClaude({ rule: fromScenario(big.gold) }, async ({ url }) => {
    let usage = noTokens;
    for (const { body } of requests) {
      const headers = { 'content-type': 'application/json', 'x-api-key': 'stand-in' };
      const response = await fetch(`${url}/v1/messages`, { method: 'POST', headers, body: JSON.stringify(body) });
      usage = addUsage(usage, replyForm.parse(await response.json()).usage);
    }
    return usage;
  });
}

function priceRow(way: string, basis: Basis, requests: readonly PlannedRequest[], usage: TokenUsage): PriceRow {
  const usd = models.map((model) => {
    const [each, batch] = [1, batchShare].map((share) => costOf(usage, priceOf(model), share) ?? Number.NaN);
    return { model, each: each ?? Number.NaN, batch: batch ?? Number.NaN };
  });
  const pairs = requests.reduce((sum, request) => sum + request.pairs.length, 0);
  return { way, basis, requests: requests.length, pairs, usage, usd };
}

async function priceWay(engine: Engine, big: BigStore, way: string, requests: readonly (readonly QuestionCluster[])[]) {
  const plan = await planned(engine, requests);
  const estimate = {
    ...noTokens,
    input_tokens: plan.reduce((sum, { input_tokens }) => sum + input_tokens, 0),
    output_tokens: plan.reduce((sum, { output_tokens }) => sum + output_tokens, 0),
  };
  return [priceRow(way, 'counted', plan, await billed(big, plan)), priceRow(way, 'estimated', plan, estimate)];
}

/** The requests that reached the stand-in, as the program made them. */
function requestsTo(claude: ClaudeStandIn): readonly (readonly QuestionCluster[])[] {
  return claude.documents().map(({ clusters }) =>
    clusters.map(({ statements, pairs }) => {
      const known = new Map(statements.map(({ id, text, written, source }) => [id, { key: id, text, written, source }]));
      const questions = pairs.flatMap(([first, second]) => {
        const [a, b] = [known.get(first), known.get(second)];
        return a === undefined || b === undefined ? [] : [{ key: questionKey(a.key, b.key), a, b, value: 1 }];
      });
      return { statements: [...known.values()], questions };
    }),
  );
}

/** A dream as it is, with more calls allowed than it needs. */
async function hybrid(big: BigStore, folder: string): Promise<readonly (readonly QuestionCluster[])[]> {
  return withClaude({ rule: fromScenario(big.gold) }, async (claude) => {
    using library = openDreamfold({ db: join(folder, 'hybrid.db'), now: () => benchTime, threads: 2, claude: {} });
    await library.dream({ store: big.store, sessions: [big.sessions], out: join(folder, 'out'), llm: 'auto', maxLlmCalls: 10_000 });
    return requestsTo(claude);
  });
}

function oneCallAnItem({ statements, nearest }: Neighbourhood): readonly (readonly QuestionCluster[])[] {
  return statements.map((statement, at) => {
    const others = (nearest[at] ?? []).filter(({ key }) => key !== statement.key);
    const questions = others.map((other) => ({ key: questionKey(statement.key, other.key), a: statement, b: other, value: 1 }));
    return [{ statements: [statement, ...others], questions }];
  });
}

/** All three ways over the same store. */
export async function measurePrice(): Promise<PriceFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'dreamfold-price-'));
  const engine = openEngine({ db: join(folder, 'plain.db'), now: () => benchTime, threads: 2 });
  try {
    const big = composeStore(scenarios.map(scenarioNamed), folder);
    const around = await readNeighbourhood(engine, big);
    const everything = packClusters(clusterQuestions(around.judged, storeClusters), requestShape);
    const rows = [
      ...(await priceWay(engine, big, 'what the local judge is unsure of', await hybrid(big, folder))),
      ...(await priceWay(engine, big, 'every pair that it looks at', everything)),
      ...(await priceWay(engine, big, 'a request for each statement', oneCallAnItem(around))),
    ];
    return { statements: around.statements.length, sessions: around.sessions, rows };
  } finally {
    engine.store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As a Markdown table. */
export function priceLines({ statements, sessions, rows }: PriceFigures): readonly string[] {
  const table = rows.map(({ way, basis, requests, pairs, usage, usd }) => {
    const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } = usage;
    const tokens = [input_tokens, cache_creation_input_tokens + cache_read_input_tokens, output_tokens];
    const prices = usd.flatMap(({ each, batch }) => [each.toFixed(3), batch.toFixed(3)]);
    return `| ${[way, basis, requests, pairs, ...tokens, ...prices].join(' | ')} |`;
  });
  const columns = models.flatMap((model) => [`${model}, $`, 'by batch, $']);
  return [
    `${statements} statements, ${sessions} sessions; counted: by the stand-in, a token for four bytes; estimated: as \`--dry-run\` does, without the cache`,
    '',
    `| asked about | tokens | requests | pairs | in | cached | out | ${columns.join(' | ')} |`,
    `|---|---|---:|---:|---:|---:|---:|${'---:|'.repeat(columns.length)}`,
    ...table,
  ];
}
