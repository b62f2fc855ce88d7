/**
 * How English tells that something has changed: what goes, what comes, and words that call it off again. Each pattern is for one
 * sentence in which quoted speech is blanked out; its groups `gone` and `fresh` hold what the words name.
 */

export interface ChangeCue {
  /** What it shows, for whoever reads the table. */
  readonly says: string;
  /** True where the sentence says all of what holds from then on: that something is no longer so. */
  readonly complete: boolean;
  /** True where it only puts one thing against another. */
  readonly contrast: boolean;
  /** True where nothing but a change can be meant. */
  readonly sure: boolean;
  readonly pattern: RegExp;
}

/** A few words within a clause; numbers, file names and addresses keep their signs. */
const words = (name: string, most = 70): string =>
  `(?<${name}>(?:[^,;:.!?()\\n–—]|[.,:](?=[\\w/])|(?<=\\b(?:dr|mr|mrs|ms|prof|st))\\.|(?<=\\d)–(?=\\d)){1,${most}}?)`;
const end =
  '(?=\\s*(?:[;!?()–—]|(?<!\\b(?:dr|mr|mrs|ms|prof|st))[.,:](?![\\w/])|-\\s|$)|\\s+(?:and|but|so|because|since|from (?:now|today)|as of|now|any ?more|until|instead|rather|which|who|for good|completely|entirely|already|again|these days|everywhere)\\b)';
/** The same without the joining words, for phrases that may hold them. */
const clauseEnd = '(?=\\s*(?:[;!?()–—]|[.,:](?![\\w/])|-\\s|$)|\\s+(?:but|because|since|from (?:now|today)|as of|any ?more)\\b)';
const we = "(?:we|i|they|he|she|everyone|everybody|the team|the \\w+)(?:'ve|'re|'m| have| has| are| am| is)?";
const adverbs = '(?: now| just| finally| all| already| officially| completely| also| recently| only)*';

const month = '(?:january|february|march|april|may|june|july|august|september|october|november|december)';
const weekday = '(?:mon|tues|wednes|thurs|fri|satur|sun)day';
/** A point in time, or an event with a name of its own, that stands behind "since". */
const since = `since (?:yesterday|(?:this|last) \\w+|${weekday}|${month}|easter|christmas|new year|20\\d\\d|the (?:first|\\d{1,2}(?:st|nd|rd|th))\\b(?: of \\w+)?|\\d{1,2}(?:st|nd|rd|th)?(?: of)? ${month}|[a-z]{2,20} v?\\d[\\w.]*|the (?:move|switch|change|new \\w+)|the \\w[\\w-]*(?=\\s*(?:[,;.!–—]|$))|(?:we|they|he|she|it) (?:moved|changed|switched|went))`;
const fromNowOn = `\\b(?:from (?:now|today|this \\w+|here|${month}|${weekday}|easter) on(?:wards?)?|from today|from this (?:week|month|year|season|release|sprint|quarter|term)(?: on(?:wards?)?)?|as of (?:today|now|this week|yesterday|${month})|effective immediately|with immediate effect|going forward|henceforth|starting (?:today|now)|these days|nowadays|${since})\\b`;

const contrasts = new Set(['not that one', 'this, not that', 'instead of', 'not this but that', 'decided']);

function cue(says: string, sure: boolean, pattern: string): ChangeCue {
  const complete = says.startsWith('no longer') || says.startsWith('not any more');
  return { says, sure, complete, contrast: contrasts.has(says), pattern: new RegExp(pattern, 'iu') };
}

/** Verbs by which somebody gives something up, in the past. */
const gaveUp =
  '(?:got rid of|thrown out|threw out|dropped|ditched|scrapped|abolished|retired|stopped(?: using| doing| with)?|given up(?: on)?|gave up(?: on)?|cancelled|canceled|killed|taken down|took down|shut down|switched off|turned off|phased out|parted (?:ways )?with|said goodbye to|finished with|done with|sold|closed)';
const moved =
  '(?:moved|switched|migrated|changed|upgraded|converted|went|gone|transitioned|renamed|raised|lowered|cut|increased|reduced|extended|shortened|bumped|dropped|shifted|pushed|brought|reset|swapped|trimmed|grown|grew|come|came)';
/** In the present: told of somebody who does it, not asked for or wished ("to change my flight from ..."). */
const moves =
  "(?:(?<=\\b(?:we|i|they|you|now|just|then|and|finally) )(?:move|switch|migrate|change|upgrade|go|swap|raise|lower|cut|increase|reduce|extend|shorten|drop|shift|transfer)|(?<=\\b(?:are|is|am)(?: now| just)? |'re |'m )(?:moving|switching|migrating|changing|upgrading|going)|moves|switches|migrates|changes(?! (?:to|in|of)\\b)|upgrades|goes|raises|lowers|cuts|increases|reduces|extends|shortens|rises|falls|drops|shifts)";
const ended =
  "(?:history|retired|obsolete|no more|off the table|a thing of the past|abolished|scrapped|discontinued|over and done with|outdated|out of date|off the list|past history|yesterday's news)";

/** The more telling first. */
export const changeCues: readonly ChangeCue[] = [
  cue(
    'away with the old, in with the new',
    true,
    `(?:^|[,;:.!–—-] ?|\\b(?:is|are|and|so|now|today|then) )(?:away|out|down) with (?!it\\b|that\\b|this\\b|them\\b)${words('gone')}${end}(?:[,;]? (?:and )?in with ${words('fresh')}${end})?`,
  ),
  cue(
    'goodbye to the old',
    true,
    `(?:^|[,;:.!–—] ?|\\b(?:say|said|saying|and|so) )(?:goodbye|good-bye|farewell|bye[- ]bye|bye|so long|adieu),? (?:to )?${words('gone')}${end}`,
  ),
  cue(
    'from one to the other',
    true,
    `\\b(?:${moved}|${moves})\\b(?: [^,;.!?]{0,60}?)? from ${words('gone')} (?:over |up |down |back |forward |out )?(?:to|onto|into) ${words('fresh')}${end}`,
  ),
  cue(
    'one for the other',
    true,
    `\\b(?:replaced|swapped|exchanged|traded|swap|replace|replaces|exchange) ${words('gone')} (?:with|by|for|against) ${words('fresh')}${end}`,
  ),
  cue(
    'replaced by',
    true,
    `${words('gone')}(?:'s| has| have| is| are| was| were| gets?| got)(?: now| just| been| being| finally)* (?:replaced|superseded|succeeded|relieved) (?:by|with) ${words('fresh')}${end}`,
  ),
  cue('renamed', true, `\\b(?:renamed|rename) ${words('gone')} (?:to|into) ${words('fresh')}${end}`),
  cue(
    'renamed',
    true,
    `(?:^|[,;:.] ?|\\b(?:and|but|so) )${words('gone')} (?:was|is|has been|got) (?:renamed(?: (?:to|into))?|now (?:called|named)) ${words('fresh')}${end}`,
  ),
  cue(
    'takes over from',
    true,
    `(?:^|[,;:.] ?|\\b(?:and|but|so) )${words('fresh')} (?:now |has |will )?(?:(?:takes?|took|taken|taking) over(?: [^,;.!?]{0,60}?)?|(?:takes?|took|taken|taking) [^,;.!?]{1,40} over) from ${words('gone')}${end}`,
  ),
  cue(
    'replaces',
    false,
    `(?:^|[,;:.] ?|\\b(?:and|but|so) )${words('fresh')} (?:now )?(?:replaces|succeeds|supersedes|takes the place of|stands in for good for) ${words('gone')}${end}`,
  ),
  cue(
    'hands over to',
    true,
    `(?:^|[,;:.] ?|\\b(?:and|but|so) )${words('gone')} (?:now |has |just )?(?:hands?|handed|gives?|gave|passes|passed) (?:[^,;.!?]{0,50}? )?(?:over|on) to ${words('fresh')}${end}`,
  ),
  cue('takes over', true, `(?:^|[,;:.] ?|\\b(?:and|but|so) )${words('fresh')} (?:now |has )?(?:takes|took|taken) over\\b`),
  cue(
    'something is history',
    true,
    `(?:^|[,;:.] ?|\\b(?:and|but|so|because) )${words('gone')}(?:'s| is| are| was| were)${adverbs} ${ended}\\b(?! of\\b)`,
  ),
  cue(
    'something is gone for good',
    true,
    `(?:^|[,;:.] ?|\\b(?:and|but|so|because) )${words('gone')}(?:'s| is| are| goes| go| went)${adverbs} (?:gone|dead|out|away|off|over)(?: completely| entirely| for good| altogether)${end}`,
  ),
  cue(
    'something has closed',
    true,
    `(?:^|[,;:.] ?|\\b(?:and|but|so|because) )${words('gone')}(?: has| have)?${adverbs} (?:closed|shut|shut down|ceased|folded|disbanded)(?: its doors| down)? for good\\b`,
  ),
  cue(
    'something is out',
    false,
    `(?:^|[,;:.] ?|\\b(?:and|but|so|because) )${words('gone')}(?:'s| is| are| goes| go)${adverbs} (?:gone|dead|out|finished|cancelled|canceled|over|closed|away)${end}`,
  ),
  cue(
    'somebody is relieved of it',
    true,
    `(?:^|[,;:.] ?|\\b(?:and|but|so|because) )${words('gone')}(?:'s| is| are| was| were| has been)${adverbs} (?:relieved of|released from|freed from|off (?:the )?(?:hook|duty|rota|list))\\b`,
  ),
  cue(
    'somebody left',
    true,
    `(?:^|[,;:.] ?|\\b(?:and|but|so|because) )${words('gone')}(?: has|'s)?${adverbs} (?:left (?:the (?:company|team|firm|house|practice|project|club)|us)|retired|resigned|stepped down)\\b`,
  ),
  cue('no longer', true, `\\b(?:we|i|nobody|everyone|they)(?:'re|'m| are| am)? no longer (?!than\\b)${words('gone', 110)}${clauseEnd}`),
  cue(
    'no longer',
    false,
    `(?:^|[,;:.] ?|\\b(?:and|but|so|because) )(?<gone>(?:[^,;:.!?()]|[.,:](?=[\\w/])){1,60}?\\bno longer (?!than\\b)(?:[^,;:.!?()]|[.,:](?=[\\w/])){1,90}?)${clauseEnd}`,
  ),
  cue(
    'not any more',
    true,
    `\\b(?:do not|don'?t|does not|doesn'?t|are not|aren'?t|is not|isn'?t|won'?t|not|never) ${words('gone', 110)},? any ?more\\b`,
  ),
  cue('we gave it up', true, `\\b${we}${adverbs} ${gaveUp} ${words('gone')}${end}`),
  cue(
    'we threw it out',
    true,
    `\\b${we}${adverbs} (?:threw|thrown|kicked|took|taken|turned|switched|shut|phased|gave|given|put|moved) (?!it\\b|that\\b|this\\b|them\\b|out\\b|off\\b|up\\b)${words('gone', 40)} (?:out|off|down|up|to bed)(?: of| for good)?\\b(?! to\\b)`,
  ),
  cue(
    'not that one',
    false,
    `^(?:(?:no|oh|nope|wait|careful)[, ]+)*not (?!only|just|even|to|yet|sure|bad|really|quite|at all|now|today|the same|so|too|that i|necessarily|a |an |my (?:fault|problem)|urgent)${words('gone', 40)}(?=\\s*(?:[,;!.–—]|$))`,
  ),
  cue(
    'not that one',
    false,
    `\\b(?:do not|don'?t) (?:ask|call|mail|write to|go to|send (?:it|them|that|this) to|bother|use|take|trust) ${words('gone', 40)}(?=\\s*(?:[,;!.–—]|$))`,
  ),
  cue(
    'it was given up',
    false,
    `(?:^|[,;:.] ?|\\b(?:and|but|so|because) )${words('gone')} (?:has|have|was|were|is|are)(?: now| just| finally| been)* ${gaveUp}${end}`,
  ),
  cue(
    'not as so far',
    true,
    `\\b(?:not|no longer|instead of|rather than) ${words('gone')} (?:like|as|the way it was) (?:so far|before|until now|till now|up to now|in the past|always)\\b`,
  ),
  cue(
    'so far',
    false,
    `\\b(?:so far|until now|till now|up to now|previously|formerly|until (?:yesterday|last \\w+|recently)) (?:it |that |this )?(?:was|were|is|had been|has been|had) ${words('gone')}${end}`,
  ),
  cue(
    'used to be',
    true,
    `\\bused to (?:be |have |use |go to |go |take |do |run (?:on |in |at )?|live (?:on |in |at )?)?${words('gone')}${end}`,
  ),
  cue('forget the old one', true, `\\bforget (?:about )?(?:the|our|those|that|these) (?!whole|thing|matter)${words('gone')}${end}`),
  cue('not this but that', false, `\\bnot (?!only|just|even|to|a |an )${words('gone')},? but ${words('fresh')}${end}`),
  cue('up from, down from', true, `\\b(?:up|down|cut|raised|lowered|reduced) from ${words('gone')}${end}`),
  cue(
    'instead of',
    false,
    `(?:^|[,;:.!–—] ?|\\b(?:and|but|so|that|is|are|use|with|to|on|at|by|in) )${words('fresh')} (?:instead of|rather than|in place of) ${words('gone')}${end}`,
  ),
  cue(
    'this, not that',
    false,
    `[,–—-] ?(?:and )?(?:not|no longer) (?!only|just|even|to|for|because|if|when|yet|sure|that|at all|really)(?:on |at |in |from |by |with )?${words('gone')}${end}`,
  ),
  cue(
    'off the old',
    true,
    `\\b${we}${adverbs} (?:${moved}|${moves}|are|is)(?: all)? (?:off|away from|out of) ${words('gone')}(?:,? (?:on|over)?to ${words('fresh')})?${end}`,
  ),
  cue(
    'a move',
    true,
    `\\b${we}${adverbs} (?:moved|switched|migrated|upgraded|changed|went|gone)(?: [^,;.!?]{0,50}?)? (?:over |back )?(?:to|onto) ${words('fresh')}${end}`,
  ),
  cue(
    'a move',
    true,
    `\\b(?:we|i)(?:'re| are)?${adverbs} (?:move|switch|migrate|upgrade|go|change|moving|switching|migrating|upgrading)(?: (?:\\w+|all \\w+)){0,4}? (?:over |back )?(?:to|onto) ${words('fresh')}${end}`,
  ),
  cue(
    'a move',
    true,
    `(?:has|have|was|were|is|are|'s)(?: now| just| been| being| finally| all)* (?:moved|switched|migrated|upgraded|changed|raised|lowered|increased|reduced|extended|shortened|cut|bumped|transferred|relocated) (?:over |up |down |back )?(?:to|onto|into) ${words('fresh')}${end}`,
  ),
  cue(
    'a move',
    true,
    `\\b(?:the|our|my|all)(?: [\\w'-]+){1,5} (?:moved|switched|migrated|went up|went down|rose|fell|dropped|changed|relocated) (?:over |up |down |back )?(?:to|onto|into) ${words('fresh')}${end}`,
  ),
  cue(
    'a raise, a cut',
    true,
    `\\b(?:agreed|decided|it was decided|we are|we're)(?: with [\\w ]{1,20})? (?:to|that we) (?:raise|lower|cut|increase|reduce|extend|shorten|bump|set|move|switch|change|go)(?: [^,;.!?]{1,50}?)? (?:up |down |over )?(?:to|onto) ${words('fresh')}${end}`,
  ),
  cue(
    'a raise, a cut',
    true,
    `\\b${we}${adverbs} (?:raised|lowered|cut|increased|reduced|extended|shortened|bumped|set)(?: [^,;.!?]{1,50}?)? (?:up |down )?to ${words('fresh')}${end}`,
  ),
  cue(
    'nobody goes there',
    true,
    `\\b(?:nobody|no one|none of us) (?:looks?|uses?|goes|reads?|writes?|works?|asks?|opens?|needs?|calls?|books?|keeps?)(?: (?:in|into|at|on|with|to|from))? ${words('gone', 60)}(?= (?:any ?more|since|these days|nowadays)\\b)`,
  ),
  cue(
    'there is none any more',
    true,
    `\\b(?:there(?:'s| is| are)|(?:we|they) have(?: got)?) no ${words('gone', 60)} (?:any ?more|any longer)\\b`,
  ),
  cue('no more of it', false, `(?:^|[,;:.!–—] ?|\\b(?:and|so) )no more ${words('gone', 40)}(?=\\s*(?:[,;.!–—]|$))`),
  cue(
    'carried over',
    true,
    `\\b${we}${adverbs} (?:carried|carry|brought|took|taken|hauled|transferred|put|sent)(?: [^,;.!?]{1,50}?)? (?:over|across|up|down) (?:in)?to ${words('fresh')}${end}`,
  ),
  cue('a new name', false, `\\b(?:it|this|that|they|\\w+)(?:'s| is|'re| are)(?: now| just| simply)+ called ${words('fresh')}${end}`),
  cue('back to', false, `\\bback (?:to|on|with|at|in) ${words('fresh')}${end}`),
  cue(
    'the new one',
    false,
    `\\b(?:the|our|my) new (?:[\\w'-]+ ){1,4}?(?:is|are|will be|lives? (?:at|in)|sits? (?:at|in)) ${words('fresh')}${end}`,
  ),
  cue('the new one', false, `\\b${words('fresh')} is (?:now )?(?:the|our|my) new \\w+`),
  cue('from now on', false, `(?:^|[,;:.!–—] ?|\\b(?:and|but|so|that) )${fromNowOn},? ${words('fresh', 110)}${clauseEnd}`),
  cue('from now on', false, `(?:^|[,;:.!–—] ?|\\b(?:and|but|so|that) )(?<fresh>(?:[^,;:.!?()]|[.,:](?=[\\w/])){3,110}?),? ${fromNowOn}`),
  cue('from now on', false, fromNowOn),
  cue(
    'now',
    false,
    `\\b(?:is|are|'s|'re|lives?|runs?|starts?|sits?|goes|go|costs?|takes?|lasts?|closes|opens|uses?|has|have|gets?|needs?|works?|handles?|does|do) now (?!and\\b|then\\b|that\\b)${words('fresh')}${end}`,
  ),
  cue(
    'now',
    false,
    `\\bnow (?:is|are|lives?|runs?|starts?|sits?|goes|go|costs?|takes?|lasts?|closes|opens|uses?|has|have|gets?|needs?|works?|handles?|does|do) ${words('fresh')}${end}`,
  ),
  cue(
    'now',
    false,
    `\\b(?:is|are|it's|lasts?|expires?|costs?|starts?|closes|opens|takes?|gets?|has|have|need|needs|at|on|in|to) ${words('fresh')} now(?! and then)(?=\\s*(?:[,;.!–—]|$)| (?:and|not|instead|rather|no longer|with|at|in|on|for|by|so|i|we)\\b)`,
  ),
  cue(
    'now',
    false,
    `(?:^|[,;:.!–—] ?|\\b(?:and|but|so|that) )(?<fresh>(?:[^,;:.!?()]|[.,:](?=[\\w/])){3,110}?) now(?! and then)(?=\\s*(?:[,;.!–—]|$)| (?:and|not|instead|rather|no longer)\\b)`,
  ),
  cue('has changed', false, "\\b(?:has|have|'s) (?:now |just |since |also )*changed\\b"),
  cue(
    'decided',
    false,
    `\\b(?:decided on|settled on|agreed on|signed (?:up )?with|opted for|chose|have chosen|picked) ${words('fresh')}${end}`,
  ),
  cue(
    'decided',
    false,
    `\\b(?:decided (?:to|that|for|against)|agreed (?:to|that)|as (?:agreed|decided|planned|discussed)|it's decided|is decided)\\b`,
  ),
];

/** Words that say from when on it holds: with one of them "will" is no mere plan. */
export const lasting =
  /\b(?:from (?:now|today|this \w+) on(?:wards?)?|from today|as of (?:today|now)|effective immediately|with immediate effect|going forward|henceforth|starting (?:today|now)|for good|permanently|everywhere from today|no exceptions?)\b/iu;

/** A change that did not come. */
export const unchanged =
  /\b(?:nearly|almost|hardly|barely|refus\w+ to|tried to|failed to|forgot to|(?:did|do|does|have|has|had|was|were|is|are|am)(?: not|n'?t)(?: yet| actually| really| ever| been| going to)* (?:mov|switch|migrat|chang|upgrad|replac|drop|get rid|got rid|go\b|gone|rais|lower|cut|reduc|increas|extend|shorten|renam|retir|sold|sell|left|leave|clos|taken over|take over)\w*|(?:never|not) (?:moved|switched|migrated|changed|upgraded|replaced|dropped|renamed))\b/iu;

/** Not carried out yet, or only if something else happens. */
export const planned =
  /\b(?:tomorrow|next (?!door|to\b)\w+|soon|sooner or later|later (?:this|today|on)|some ?day|one day|eventually|sometime|in (?:a|an|one|two|three|four|five|six|\d+) (?:days?|weeks?|months?|years?)|by (?:mon|tues|wednes|thurs|fri|satur|sun)day|by the end of|not yet|yet to|to be decided|in the long run|at some point|plan(?:s|ned)? (?:to|for|on)|planning (?:to|on|for)|looking to|hoping to|hope to|aiming to|the plan is|the idea is|intend|aim to|consider\w*|propos\w+|suggest\w*|draft|tentative\w*|(?:as a|on|for a) trial|trial run|experiment(?:al|ing)?\b|proof of concept)\b|^(?:\W*\w+\W+)?(?:if|once|when|whenever|as soon as|unless|suppose|provided|assuming)\b/iu;
export const future = /\b(?:will|shall|gonna|would|should|could|might|may (?:well|have to|need to)|ought)\b|\w'll\b/iu;

/** For a while or for this time only. */
export const onceOnly =
  /\b(?:for now|for once|this (?:time|once)|just (?:this|today|once)|only (?:this|today|once|for)|(?:just|only) for (?:this|today|now|the)|temporar\w+|provisional\w*|interim|in the meantime|for the time being|for the moment|at the moment|right now|exception(?:ally)?|as a (?:one-off|favou?r|test)|one-off|(?<!(?:since|from|as of|starting) )this (?:week|month|morning|afternoon|evening|weekend)|(?:until|till) (?!now\b|recently|yesterday|last|today\b)\w+|while (?:i|he|she|they|we|\w+) (?:am|is|are)\b|during (?:the|my|his|her|their|our)|for (?:a|this|the rest of the) (?:day|while|week|month|session|release|branch|season|event)|on this (?:branch|ticket|machine|laptop)|on my (?:machine|laptop|side))\b/iu;

/** An idea, wherever it stands in a message: nothing near it has been carried out. */
export const idea =
  /\b(?:what if|imagine(?=[:,]| (?:we|i|you|it|if|that|what|how|there)\b)|suppose (?:we|i|you|that)|how about|why (?:don't|not) (?:we|i|you)?|(?:should|shall|could|might|can) (?:we|i) (?:not )?(?:move|switch|use|go|change|drop|replace|try|raise|lower|cut|get rid)|if (?:we|i|you) (?:moved|switched|used|went|changed|dropped|replaced|raised|lowered|were|had|took|got)|thinking (?:about|of|aloud|out loud)|toying with|wonder(?:ing)? (?:if|whether)|in theory|hypothetical\w*|rhetorical\w*|devil's advocate|just a thought|only an idea|pros and cons|would it (?:make sense|be))\b/iu;

/** Takes back what was said or done before, whatever that was. */
export const calledOff =
  /\b(?:undo (?:that|it|this|everything|all)|revert(?:ed)?(?: (?:that|it|this|everything|all|the (?:change|commit|switch|move)))?(?=\s*(?:[,;.!]|$|and\b|please\b))|roll(?:ed)? (?:it |that |this |everything )?back|take (?:it|that|this) (?:all )?back|(?:put|change|set|switch) (?:it|that|everything) back|as it was|the way it was|scratch that|never ?mind|forget (?:it|that|what i)|on second thoughts?|changed my mind|call(?:ed)? (?:it|that) off|cancel that|(?:(?<=^|[,;:.!] ?|\b(?:it|that|this|they|we|everything|all|and|but|so|to|will|should|must) )stay(?:ing|s)? (?:where|as|the way) (?:we|it|they))|leave (?:it|that|everything) (?:as|the way)|keep (?:it|that|everything) (?:as|the way)|thinking (?:aloud|out loud)|just a thought|(?:was|were|am|i'm) (?:only |just )*(?:joking|kidding|wondering|dreaming)|undecided|not decided|no decision|hold off|not (?:doing|going through with) (?:it|that)|didn'?t (?:happen|go through|work out)|fell through|false alarm|drop (?:it|that|the idea))\b/iu;

/** Takes back one thing: the group says what is off. */
export const isOff =
  /\b(?:that|the|this|our) (?<fresh>[\w' -]{2,30}) (?:is|was|got|has been)(?: now| just)* (?:off|cancelled|canceled|called off|postponed|on hold|reverted|rolled back)\b/iu;

/** Takes back one thing; its group says what stays or comes again. Somebody else who keeps something is an exception, no return. */
export const goesBack = new RegExp(
  `(?:\\b(?:back (?:to|on|with)|(?:stay|staying|stays|stick|sticking) (?:with|on|at|to)|(?:we|i)(?:'ll|'re| will| are)? keep(?:ing)?)|(?:^|[,;:.!–—] ?|\\b(?:and|but|so|please|let's|rather|just|better) )keep(?:ing)?) (?!it\\b|that\\b|this\\b|work|business|you\\b|me\\b)${words('fresh')}${end}`,
  'iu',
);

/** Takes back one thing: the group says what stays as it is. */
export const staysSo =
  /(?:^|[,;:.!–—] ?|\b(?:and|but|so) )(?:the |our |my )?(?!it\b|that\b|this\b|they\b|we\b|everything\b|all\b)(?<fresh>[\w' -]{2,40}) stays? (?:where|as|the way) (?:it|they) (?:is|are|was|were)\b/iu;

/** What follows from it, at the end of a sentence: it may ask, plan or suppose without making the change one. */
export const consequence =
  /[,;–—]? so (?:if|when|that|please|pls|no|try|take|use|let'?s|we (?:do|have|need|can)|you (?:can|may|need|have))\b.*$/iu;
