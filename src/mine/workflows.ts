/**
 * Workflows: what several sessions did in one order to reach one kind of thing. The steps come from what was done, their purpose and their
 * reasons from persons' own words, and what happens without a step from the runs in which it was missing.
 */
import type { Evidence } from '../memory.js';
import type { Insight, SessionSignals, SignalPlace } from '../signals.js';
import { type Contrast, contrastsOf, verdictContrasts } from './contrasts.js';
import { goalOf, type Quote, requestsOf, ruleOf } from './goals.js';
import { findHabits } from './habits.js';
import { sharedWords } from './keywords.js';
import type { Lexis } from './lexis.js';
import { casesOf, findRoutes, fixShares, type Passage, type Route } from './routes.js';
import { type Run, Runs } from './runs.js';
import { completed, type Step } from './steps.js';
import { tellingSentences } from './telling.js';
import type { MiningTools } from './tools.js';
import { workflowText, workflowTitle } from './workflow-text.js';

const maxQuote = 240;
const maxQuotes = 3;
/** Confidence at which it needs no look by a person. */
const leastSure = 0.65;
/** Score at which a request says what all are about. */
const leastGoal = 0.43;
/** Score at which an agent's closing sentence tells what the runs share. */
const leastClosing = 0.3;

export interface Workflow {
  readonly route: Route;
  readonly steps: readonly Step[];
  readonly contrasts: readonly Contrast[];
  readonly goal: Quote | null;
  readonly rule: Quote | null;
  /** What the requests of most sessions speak of. */
  readonly about: readonly string[];
  /** What an agent said when it was done; null where that tells nothing. */
  readonly closing: string | null;
}

/** The workflows of all sessions, the best supported first; `sessions` in any order. */
export function findWorkflows(sessions: readonly SessionSignals[], tools: MiningTools): readonly Insight[] {
  const { minSupport } = tools;
  const runs = new Runs(sessions, minSupport);
  const routes = findRoutes({ runs, minSupport });
  const ways = routes.map((route) => workflowOf(route, runs, tools));
  const used = new Set(ways.flatMap(({ steps }) => steps.map(({ item }) => runs.activities.rootOf(item))));
  const habits = findHabits(runs, { minSupport, fixShare: fixShares(runs) })
    .filter(({ item }) => !used.has(runs.activities.rootOf(item)))
    .map(({ item, passages }) =>
      workflowOf({ items: [item], passages, share: passages.length / runs.activities.frequency(item), gain: 0 }, runs, tools),
    )
    .filter(({ goal }) => goal !== null);
  return [...ways.filter(({ steps }) => new Set(steps.map(({ command }) => command)).size > 1), ...habits].map((workflow) =>
    insightOf(workflow, runs, tools),
  );
}

function workflowOf(route: Route, runs: Runs, tools: MiningTools): Workflow {
  const all = completed(route, runs);
  const used = new Set(contrastsIn(all, runs, tools.minSupport).flatMap(({ missing, spoilt }) => [missing, spoilt]));
  const steps = all.filter(({ loose, command }, at) => (!loose || used.has(at)) && command !== all[at - 1]?.command);
  const contrasts = contrastsIn(steps, runs, tools.minSupport);
  const stems = steps.map(({ command }) => tools.lexis.stems(command.replace(/<[^>]*>|\b(?:scripts?|src|bin|tools|tests?)\b/gu, ' ')));
  const about = new Set(stems.flatMap((set) => [...set]));
  const goal = goalOf(route.passages, about, tools);
  const ids = new Set([...route.passages.map(({ run }) => run.session.id), ...contrasts.map(({ evidence }) => evidence.session_id)]);
  const wishes = runs.all.flatMap(({ session }) =>
    ids.has(session.id) ? session.wishes.map((wish) => ({ session: session.id, wish })) : [],
  );
  return {
    route,
    steps,
    contrasts,
    goal: goal !== null && goal.score >= leastGoal ? goal : null,
    about: sharedWords(
      route.passages.map((passage) =>
        requestsOf(passage)
          .map(({ text }) => text)
          .join('\n'),
      ),
      tools.lexis,
      4,
    ),
    rule: ruleOf(wishes, stems, tools.lexis),
    closing: closingSentence(route, about, tools.lexis),
  };
}

function contrastsIn(steps: readonly Step[], runs: Runs, minSupport: number): readonly Contrast[] {
  const items = steps.map(({ item }) => item);
  return [...runs.all.flatMap((run) => contrastsOf(run, items, runs)), ...verdictContrasts(items, runs, minSupport)];
}

/** What the agents said when it was done: the sentence that tells best what they share; null where none does. */
function closingSentence(route: Route, about: ReadonlySet<string>, lexis: Lexis): string | null {
  const candidates = route.passages.flatMap((passage) =>
    closingOf(passage).map(({ quote }) => ({ session: passage.run.session.id, text: quote, from: passage })),
  );
  const [best] = tellingSentences(candidates, lexis, about).filter(({ sentence }) => sentence.length <= 140);
  return best !== undefined && best.score >= leastClosing ? best.sentence : null;
}

function insightOf(workflow: Workflow, runs: Runs, { minSupport }: MiningTools): Insight {
  const { route, contrasts } = workflow;
  const supporting = new Set([...route.passages.map(({ run }) => run.session.id), ...contrasts.map(({ evidence }) => evidence.session_id)]);
  const members = runs.all.filter(({ session }) => supporting.has(session.id));
  const evidence = members.flatMap((run) => evidenceOf(run, workflow));
  const confidence = confidenceOf(workflow, minSupport);
  const times = evidence.flatMap(({ at }) => at ?? []).toSorted();
  return {
    kind: 'workflow',
    text: workflowText(workflow),
    title: workflowTitle(workflow),
    topic: `workflow: ${anchorOf(route, runs)}`,
    sessions: members.map(({ session }) => session.id),
    evidence,
    confidence,
    sure: confidence >= leastSure,
    reason: `${route.passages.length} sessions ${route.items.length === 1 ? 'began work of this kind with it' : `went through these ${route.items.length} steps in this order`}${contrasts.length === 0 ? '' : `, and ${contrasts.length === 1 ? 'one shows' : `${contrasts.length} show`} what happens without one of them`}.`,
    person: null,
    at: times.at(-1) ?? null,
  };
}

/** The rarest operation of it: what it is known by, whatever steps are found beside it. */
function anchorOf({ items }: Route, { activities }: Runs): string {
  const names = items.map((item) => ({ name: activities.keyOf(item).split(' | ')[0] ?? '', frequency: activities.frequency(item) }));
  return names.toSorted((a, b) => a.frequency - b.frequency || (a.name < b.name ? -1 : 1))[0]?.name ?? '';
}

/** From how many went through it, how it is bound together, and whether persons or failures speak for it. */
function confidenceOf({ route, steps, contrasts, goal, rule }: Workflow, minSupport: number): number {
  const support = 0.06 * Math.min(3, casesOf(route.passages) - minSupport);
  const own = new Set(route.items).size;
  const length = own === 1 ? -0.05 : 0.07 * Math.min(2, Math.max(own, steps.length - 1) - 2);
  const witnesses = (goal === null ? 0 : 0.1) + (rule === null ? 0 : 0.08) + (contrasts.length === 0 ? 0 : 0.12);
  return Math.min(0.95, 0.4 + support + length + witnesses + 0.15 * Math.min(1, route.share));
}

function quoteOf(run: Run, role: Evidence['role'], text: string, place: SignalPlace): Evidence {
  return { session_id: run.session.id, at: place.at, role, quote: text.slice(0, maxQuote), file: place.path, line: place.line };
}

/** What was asked for, what went wrong, what was said at the end: at most three quotes, and always one. */
function evidenceOf(run: Run, { route, contrasts, goal, rule }: Workflow): readonly Evidence[] {
  const passage = route.passages.find((one) => one.run === run);
  const own = [rule, goal].flatMap((quote) => (quote?.session === run.session.id ? [quote] : []));
  const found = [
    ...own.map(({ text, wish }) => quoteOf(run, 'person', text, wish.place)),
    ...contrasts.flatMap(({ evidence }) => (evidence.session_id === run.session.id ? [evidence] : [])),
    ...(passage === undefined ? [] : requestsOf(passage).slice(-1)).map(({ text, place }) => quoteOf(run, 'person', text, place)),
    ...(passage === undefined ? [] : closingOf(passage)),
  ];
  const places = new Set<string>();
  const quotes = found.filter(({ line, role }) => {
    const key = `${line} ${role}`;
    return !places.has(key) && places.add(key);
  });
  return quotes.slice(0, maxQuotes);
}

/** What the agent said after the last step; where nobody said anything, the last step itself. */
function closingOf({ run, at }: Passage): readonly Evidence[] {
  const last = run.done[at.at(-1) ?? 0];
  if (last === undefined) return [];
  const next = run.session.wishes.find(({ place, before }) => place.line > last.place.line && before !== '');
  if (next !== undefined) return [quoteOf(run, 'agent', next.before, { ...next.place })];
  return run.session.wishes.length > 0 ? [] : [quoteOf(run, 'agent', last.action.shown.replace(/\u2026$/u, ''), last.place)];
}
