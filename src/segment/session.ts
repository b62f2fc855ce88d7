/**
 * What persons state in sessions: facts, decisions, rules, corrections and preferences in their own words, whole sentences,
 * verbatim. A statement may replace a memory, so a sentence that could be read as a question, an idea, a report of what others
 * say, or work for this one session is left out; mining looks at those.
 */
import type { SpokenStatement, Turn } from '../memory.js';

/**
 * How far a sign is trusted: `sure` outweighs that the sentence also asks for work or speaks of these days; `fair` does not;
 * `wary` is not taken from a sentence that tells of trouble either.
 */
type Trust = 'sure' | 'fair' | 'wary';

interface Sign {
  /** What it shows, for whoever reads the table. */
  readonly says: string;
  readonly trust: Trust;
  readonly pattern: RegExp;
}

/** Where a clause starts: at the beginning, behind punctuation, behind a joining word, behind the place it holds for. */
const clause =
  '(?:^|[,;:(]\\s*|\\b(?:and|but|so|because|since|therefore|that|planned|decided|agreed|here|repo|repository|project|codebase|team|company)\\s+)';
const weekday = '(?:mon|tues|wednes|thurs|fri|satur|sun)day';

function sign(says: string, trust: Trust, pattern: string): Sign {
  return { says, trust, pattern: new RegExp(pattern, 'iu') };
}

/** The signs of a statement. English; each is written so that everyday requests and small talk do not show it. */
const signs: readonly Sign[] = [
  sign(
    'a rule with its beginning',
    'sure',
    `\\b(?:from (?:now|today) on|from today|as of (?:today|now|${weekday})|starting (?:today|now|${weekday})|effective immediately|going forward|henceforth)\\b`,
  ),
  sign('a rule, announced', 'sure', '^(?:a )?(?:new|house|ground) rules?(?: here)?:'),
  sign(
    'asked to be remembered',
    'sure',
    '^(?:please )?(?:remember(?: that)?|keep in mind|for the record|for future reference|fyi|just so you know|be aware)\\b(?! when| how| me)',
  ),
  sign(
    'a rule without exception',
    'sure',
    "^(?:please )?(?:always|never|do not ever|don't ever)\\b(?! (?:mind|the|a|an|this|that|these)\\b)",
  ),
  sign('a rule without exception', 'sure', '\\b(?:you|we|one|agents|people|it|they) (?:must|should|have to) (?:always|never)\\b'),
  sign('a rule of the group', 'fair', `${clause}we (?:always|never)\\b`),
  sign('a rule for each', 'fair', '\\b(?:every|each|all) \\w+(?: \\w+){0,3} (?:must|needs?|has to|have to|requires?)\\b'),
  sign(
    'a rule by name',
    'fair',
    '\\b(?:the|our) (?:rule|policy|convention|standard|default|limit|deadline|budget) (?:here )?(?:is|are)\\b',
  ),
  sign('to be asked first', 'sure', '^(?:please )?(?:always )?(?:ask|check with|tell|consult) me (?:before|first)\\b'),
  sign('same as ever', 'sure', '^same (?:drill|procedure|rule|game) as (?:always|ever|usual)\\b'),
  sign('something has ended', 'fair', '\\b(?:we|i|nobody) no longer (?!than)\\w+'),
  sign(
    'something has ended',
    'wary',
    '^(?:the|our|[a-z]+) (?:\\S+ ){0,4}no longer (?!than\\b|works?\\b|pass|loads?\\b|compiles?\\b|starts?\\b|builds?\\b|renders?\\b|shows?\\b|appears?\\b)\\w+',
  ),
  sign('something has ended', 'fair', `${clause}we (?:do not|don't|won't) \\w+ [^.?]*\\bany ?more\\b`),
  sign(
    'something is out',
    'sure',
    '\\b(?:goes|is|are) (?:out|away|gone) (?:completely|entirely|for good)\\b(?!.*\\b(?:next|soon|later|tomorrow)\\b)',
  ),
  sign(
    'the group does',
    'wary',
    `${clause}(?:we|the team|everyone|everybody) (?:all |only |now |still |don't |do not |never |always )*(?:use|uses|log|deploy|deploys|store|keep|name|merge|publish|support|host|squash|rebase|pin|follow|follows|require|allow|write|bill|ship)\\b(?! (?:to|it|this|that|these)\\b| \\w+ing\\b)`,
  ),
  sign(
    'the group is on',
    'wary',
    `${clause}we(?:'re| are) (?:all )?(?:now )?(?:on|using|running) (?!it\\b|this|that|the same|into|out|low|late|hold|track)\\w`,
  ),
  sign('the group is on', 'wary', `${clause}we (?:now )?run (?:\\S+ )?v?\\d`),
  sign(
    'a move',
    'fair',
    `${clause}(?:we|i)(?:'ve| have)?(?: just| now| finally| all)* (?:moved|migrated|switched|upgraded|changed over) (?:everything |it all |completely )?(?:over )?(?:to|from|off|away)\\b`,
  ),
  sign(
    'a move',
    'fair',
    `${clause}we(?:'ve| have)?(?: just| now| finally)* (?:moved|migrated|switched|changed|renamed|raised|lowered|increased|reduced|cut|bumped|upgraded) (?!it\\b|this\\b|that\\b|them\\b)(?:\\S+ ){1,6}(?:from|over to|to)\\b`,
  ),
  sign(
    'a move',
    'sure',
    `${clause}we(?:'re| are)? (?:now )?(?:go|move|switch|migrate|change over|moving|switching|migrating)(?: (?:it|them|all|everything))?(?: over)? (?:to|from|away from|off)\\b`,
  ),
  sign(
    'a move',
    'wary',
    '\\b(?:has|have|was|were|been|is|are)(?: now| been| just)* (?:moved|migrated|renamed|replaced|switched|raised|lowered|increased|reduced|upgraded|shut down|turned off) (?:to|by|from|with|in favou?r of|since)\\b',
  ),
  sign(
    'a move',
    'wary',
    '^(?:(?:the|our) )?(?:\\w+ )?(?:deadline|release|meeting|launch|office|team|repo|repository|project|docs|documentation|staging|production|server|cluster|database|limit|price|quota|budget|timeout|version|default|bucket|channel|domain|address|url) (?:has )?(?:moved|went up|went down|changed) (?:over )?(?:to|from)\\b',
  ),
  sign(
    'a decision',
    'fair',
    `${clause}(?:we|i)(?:'ve| have)?(?: just| now| finally)* (?:decided (?:on|to|against|that)|settled on|agreed (?:yesterday |today |last week )?(?:on|to|that)|chosen|standardi[sz]ed on|adopted|signed (?:up )?with|got rid of)\\b`,
  ),
  sign(
    'a decision',
    'wary',
    `${clause}we(?:'ve| have)?(?: just| now| finally)* (?:cancelled|dropped|retired|replaced) (?!it\\b|this\\b|that\\b|them\\b|a\\b)`,
  ),
  sign(
    'a changed value',
    'fair',
    '\\b(?:not|instead of|rather than|and no longer) [^.;]*\\b(?:like|as) (?:so far|before|until now|till now)\\b',
  ),
  sign(
    'a changed value',
    'wary',
    "^(?!.*\\b(?:there (?:is|are)|should|i (?:get|see))\\b).*\\b(?:is|are|it's|lasts?|expires?|kept for|costs?|starts? at|goes out|go out)\\b[^.]*\\d[^.]*\\bnow\\b(?=[,.;!]|$| (?:and )?(?:no longer|not|instead of|rather than))",
  ),
  sign(
    'a changed value',
    'wary',
    '^(?!.*\\b(?:should|expected|i (?:get|see))\\b).*\\b(?:now\\b.*(?:instead of|rather than|no longer)|(?:instead of|rather than|no longer)\\b.*\\bnow)\\b',
  ),
  sign(
    'who does what',
    'sure',
    '\\b(?:takes? over|took over|is (?:now )?responsible for|is in charge of|is relieved of|is our new|now owns|reports to)\\b(?! (?:now|here)\\b)',
  ),
  sign('who does what', 'wary', '\\b(?:owns \\w[^.]* now|left the (?:company|team))\\b'),
  sign(
    'a name',
    'fair',
    '^(?!.*\\bwhat\\b).*\\b(?:is|are) (?:now )?(?:called|named)\\b(?! (?:twice|once|again|on|in|by|at|with|when|while|from|before|after|every|each|for|without|only|if|and|or|but|so|as|too|the|a|an)\\b)(?=.)',
  ),
  sign('a place', 'wary', '\\b(?:is|are|lives?|runs?|listens?|moved) (?:now )?(?:at|on|in|under|to) (?:https?:|port \\d|version \\d)'),
  sign('a place', 'wary', '\\bnow (?:lives?|listens|runs|is|sits) (?:at|on|in|under) \\S+'),
  sign(
    'a state that lasts',
    'fair',
    '\\b(?:is|are) (?:now |from now on )?(?:deprecated|obsolete|forbidden|banned|mandatory|off[- ]limits|end of life)\\b',
  ),
  sign(
    'a preference',
    'fair',
    "\\bi (?:strongly |much |generally |really )?(?:prefer(?! to (?:use|keep|stay|wait)\\b)|hate|can't stand|no longer want|never want|always want)\\b",
  ),
  sign(
    'a preference',
    'fair',
    "\\bi (?:don't|do not) (?:want|like) (?:\\w+ ){0,6}(?:ever|at all|in general|without (?:asking|being asked))\\b",
  ),
  sign('who speaks', 'fair', '^(?:my name is|call me|i (?:only |always |mostly )?(?:work (?:on|with|in|at|for|part)|use)\\b)'),
];

/** Words of a report that something does not work as it should: what is described then is the fault. */
export const trouble =
  /\b(?:fail\w*|errors?|broken|breaks|broke|crash\w*|bugs?|wrong|twice|hangs?|stuck|blank|undefined|exception|traceback|(?:doesn't|does not|don't|not) work\w*|slow\w*|flaky|red|missing)\b/iu;

/** A corrected value, where the person has just said no: "It's 14 days after delivery." */
const correctedValue =
  /^(?:no[,.]? |actually,? |correction: )?(?:(?:it|that|this)(?:'s| is| has)|the [\w -]{2,40} (?:is|has|are)) (?:now |always |only |at )?(?:\d|`)/iu;
const saysNo =
  /(?:^|[.!]\s+)(?:no\b(?! (?:problem|worries|joke|need|rush|idea|no\b|thanks))|nope|wrong|incorrect|actually|that's (?:wrong|not (?:right|true))|not quite)/iu;

/** What somebody means to do. */
export const intention =
  /\b(?:let's|lets|let us|plan(?:ning)? to|going to|want to|wants to|trying to|about to|hope to|like to|need to|have to run)\b/iu;

/** Sentences that state nothing: questions, ideas, doubts, and what others said. */
export const nothingStated: readonly RegExp[] = [
  /\?/u,
  /^(?:(?:and|so|but|ok|hm+|well)[, ]+)*(?:what|why|how|who|where|when|which|can|could|should|would|shall|do|does|did|is|are|was|will|may|have|has) (?:i|you|we|it|they|that|this|there|the|he|she|about|if)\b/iu,
  /\b(?:what if|if we|if you|if i|could we|couldn't we|should we|shall we|we could|we might|we may|i might|maybe|perhaps|possibly|probably|hopefully|suppose|supposedly|imagine|assuming|in theory)\b/iu,
  /\b(?:i'd|we'd|you'd|it'd|would|wouldn't|wish|wonder(?:ing)?|thinking|considering|curious|guess|not sure|i think|i believe|i suppose|seems?|looks? like|sounds? like|feels? like)\b/iu,
  /\b(?:undecided|not decided|just a thought|an idea|some ?day|one day|rhetorical|hypothetical(?:ly)?|joking|kidding|just curious)\b/iu,
  /\b(?:says|said|asks|asked|told|swears?|claims?|claimed|complains?|complained|mailed|writes|wrote|reported|read about|i read|i heard|according to)\b/iu,
  intention,
];

/** Sentences that are about this session or these days only. */
const passing: readonly RegExp[] = [
  /\b(?:for now|for once|this time|just this|only this|temporarily|in the meantime|until (?:tomorrow|tonight|then|monday|next)|till (?:tomorrow|tonight|then)|tomorrow|next (?:week|month|time)|later|soon|tonight|at the moment|right now)\b/iu,
  /\bplease\b/iu,
  /^(?:(?:and|so|then|now|ok|also|next|just|yes|go ahead and)[,: ]+)*(?:add|build|change|check|clean|commit|continue|create|delete|deploy|do|drop|explain|find|finish|fix|generate|give|go|have a look|implement|install|keep|leave|look|make|merge|move|open|print|push|put|read|refactor|remove|rename|replace|revert|run|see|set|ship|show|start|stop|swap|switch|take|test|try|undo|update|upgrade|use|wait|write)\b(?! is\b| are\b)/iu,
  /\b(?:thanks|thank you|thx|sorry|haha|lol|congrats)\b/iu,
];

/** A sentence that cannot be understood without the one before it. */
const leansOnPrevious: readonly RegExp[] = [
  /^(?:(?:and|but|so|also|then|now|instead|from now on|no|actually|swap|replace)[, ]+)*(?:it|its|it's|that|that's|this|these|those|they|they're|their|them|he|she|his|her|one|same)\b(?! (?:drill|procedure) as)/iu,
  /\b(?:of|to|for|with|by|from|on|move|moved|use|agreed|dropped|replace|replaced) (?:it|them|that|this|those)(?=[,;.:!]|\s+(?:to|on|in|from|everywhere|completely|over|out)\b|$)/iu,
  /\bsigned (?:up )?with\b/iu,
];

const shortest = 3;
const longest = 400;

/** Text that is shown rather than said: code blocks, quoted lines, pasted logs. */
const shown =
  /```[\s\S]*?(?:```|(?![\s\S]))|~~~[\s\S]*?(?:~~~|(?![\s\S]))|^[ \t]*>.*$|^(?: {4}|\t).*$|^[ \t]*(?:at \S+ \(|\$ |\d{4}-\d\d-\d\d[T ]\d\d:).*$/gmu;
const quoted = /"[^"\n]{2,300}"|\u201c[^\u201d\n]{2,300}\u201d|\u00ab[^\u00bb\n]{2,300}\u00bb|`[^`\n]+`/gu;

export interface Sentence {
  readonly start: number;
  readonly end: number;
  /** The sentence with what is quoted in it blanked out. */
  readonly said: string;
  /** Index of its paragraph or list item. */
  readonly paragraph: number;
}

const abbreviation = /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|approx|resp|incl|no|nr|dr|mr|mrs|ms|st|ca|cf|[a-z])\.$/iu;
/** Signs before the end among which `abbreviation` finds all that it could find. */
const abbreviated = 12;
const bullet = /^\s*(?:[-*+]|\d+[.)])\s+/u;

function blank(text: string, fill: string): string {
  return text.replace(/[^\n]/gu, fill);
}

/** The sentences of a text, in order; offsets are into `text`. */
export function sentencesOf(text: string): readonly Sentence[] {
  const said = text
    .replace(shown, (found) => blank(found, ' '))
    .replace(quoted, (found) => blank(found, found.startsWith('`') ? '`' : 'x'));
  const sentences: Sentence[] = [];
  let paragraph = 0;
  const push = (from: number, to: number): void => {
    const start = from + (/^\s*/u.exec(said.slice(from, to))?.[0].length ?? 0);
    const end = from + said.slice(from, to).trimEnd().length;
    if (end > start) sentences.push({ start, end, said: said.slice(start, end), paragraph });
  };
  for (const block of said.matchAll(/(?:[^\n]|\n(?![ \t\r]*\n|[ \t]*(?:[-*+]|\d+[.)])\s))+/gu)) {
    paragraph += 1;
    let from = block.index + (bullet.exec(block[0])?.[0].length ?? 0);
    const end = block.index + block[0].length;
    for (const stop of block[0].matchAll(/(?<![.!?])[.!?]+["')\]]*(?=\s)/gu)) {
      const to = block.index + stop.index + stop[0].length;
      if (to <= from || (stop[0] === '.' && abbreviation.test(said.slice(Math.max(from, to - abbreviated), to)))) continue;
      push(from, to);
      from = to;
    }
    push(from, end);
  }
  return sentences;
}

/** True where the sentence alone, in a turn that says no or not, states something that lasts. */
function states(said: string, turnSaysNo: boolean): boolean {
  const words = said.match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
  if (words < shortest || said.length > longest || nothingStated.some((pattern) => pattern.test(said))) return false;
  const found = signs.filter(({ pattern }) => pattern.test(said));
  if (found.some(({ trust }) => trust === 'sure')) return true;
  if (passing.some((pattern) => pattern.test(said))) return false;
  return found.some(({ trust }) => trust === 'fair' || !trouble.test(said)) || (turnSaysNo && correctedValue.test(said));
}

/** First sentence that the one at `index` cannot do without, at most two back and in the same paragraph. */
export function firstNeeded(sentences: readonly Sentence[], index: number): number {
  let first = index;
  while (first > 0 && index - first < 2) {
    const [before, current] = [sentences[first - 1], sentences[first]];
    if (before === undefined || current === undefined || before.paragraph !== current.paragraph) break;
    if (!leansOnPrevious.some((pattern) => pattern.test(current.said))) break;
    first -= 1;
  }
  return first;
}

/**
 * The sentences of a turn in which a person states something that could stand in a memory, verbatim; a sentence that leans on
 * the ones before it ("it", "them") comes together with them. Only a person's own messages and reasons for a refusal, on the
 * active branch, state anything; for all other turns the list is empty.
 */
export function spokenStatements(turn: Turn): readonly SpokenStatement[] {
  if (turn.speaker !== 'person' || turn.branch !== 'active' || (turn.kind !== 'message' && turn.kind !== 'reject')) return [];
  const sentences = sentencesOf(turn.text);
  const turnSaysNo = saysNo.test(turn.text);
  const spans: { start: number; end: number; last: number }[] = [];
  for (const [index, { said, start, end }] of sentences.entries()) {
    if (!states(said, turnSaysNo)) continue;
    const first = firstNeeded(sentences, index);
    const before = spans.at(-1);
    if (before !== undefined && first <= before.last) {
      before.end = end;
      before.last = index;
    } else spans.push({ start: sentences[first]?.start ?? start, end, last: index });
  }
  const { sessionId, at, person, ref } = turn;
  return spans.map(({ start, end }) => ({ text: turn.text.slice(start, end), sessionId, at, person, path: ref.path, line: ref.line }));
}
