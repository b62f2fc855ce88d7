/**
 * Matters that persons have views about whatever their trade: how long, in which tone and language, how things are named, who may send,
 * push or delete, what is asked first. People word one wish in many ways ("three lines at most", "you and your novels"), and word vectors
 * do not bring those together; this lexicon does. It names ways of speaking of work with an agent; of tools only
 * those that every project may use (package managers, git, SQL).
 */

export interface Matter {
  readonly name: string;
  /** How much it says that two wishes share it, 0 to 1: a broad matter (naming) holds many wishes, a narrow one (brevity) is one. */
  readonly weight: number;
  /** In a person's words. */
  readonly said: RegExp;
  /** What an agent announces or does that raises it; null where nothing does. */
  readonly done: RegExp | null;
  /** The rule in plain words, where a person's own words name this matter; null where the matter alone says too little for a rule. */
  readonly rule: string | null;
}

const languages =
  'english|german|french|dutch|polish|spanish|italian|portuguese|catalan|basque|galician|danish|swedish|norwegian|finnish|czech|slovak|hungarian|romanian|bulgarian|greek|turkish|russian|ukrainian|croatian|serbian|slovenian|arabic|hebrew|persian|hindi|urdu|bengali|tamil|chinese|mandarin|cantonese|japanese|korean|vietnamese|thai|indonesian|malay|latin|welsh|irish|estonian|latvian|lithuanian|icelandic';
const units =
  '(?:k|m|g|t)?w(?:h|att)?|[kmg]?va(?:r)?|mwh|kwh|km|cm|mm|metres?|miles?|inch(?:es)?|kg|grams?|lbs?|ml|lit(?:re|er)s?|celsius|fahrenheit|millis(?:econds)?|k?hz|lufs|psi|ppm|hectares?|acres?|tonnes?|tons?';

export const matters: readonly Matter[] = [
  {
    name: 'permission',
    weight: 0.3,
    said: /\b(?:(?<!\b(?:don'?t|not|stop|never|without|to)\s+)ask(?:ed|ing)?\s+(?:me|us|first|before|beforehand|[a-z]+\s+(?:first|before))|without\s+(?:asking|my|our|a word|permission|telling|checking)|(?:get|got|have|need|needs|wait for|unless you have)\s+(?:my|our|an?|the)\s+(?:ok|okay|go(?:-ahead)?|yes|approval|permission|sign-?off|blessing|consent)|my\s+(?:ok|okay|go|yes|approval|permission|say-so|decision|call)|(?:check|clear it|run it)\s+(?:with|by|past)\s+(?:me|us)|talk(?:ed)?\s+(?:to me|to us|about it|it over)|(?:i|we)\s+(?:have to\s+)?(?:say|said|give|gave)\s+(?:go|yes|ok|the go|it)|has\s+to\s+say\s+yes|approv\w+|permission|consult(?:ed)?\s+(?:me|us)|(?:i|we)\s+decide|behind\s+(?:my|our)\s+back|nobody\s+asked\s+you|who\s+(?:told|asked|said)\s+you)\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'dependency',
    weight: 0.55,
    said: /\b(?:packages?|dependenc(?:y|ies)|librar(?:y|ies)|libs?|third[- ]party|modules?|plug-?ins?|frameworks?|gems?|crates?|(?:pull|drag|bring)(?:s|ing|ed)?\s+(?:things?|stuff|anything|something|one|another|more)(?:\s+\w+)?\s+in\b|anything\s+new|install(?:ing|ed)?(?:\s+(?:things?|stuff|anything|something))?|sdks?|supply chain|package\.json|pyproject|requirements\.txt|lock-?file)\b/iu,
    done: /\b(?:(?:npm|pnpm|yarn|bun|pip3?|pipx?|uv|poetry|conda|cargo|go|gem|bundle|composer|brew|apt|apt-get|dnf|apk|pub|flutter|dart|swift|pod|nuget|mix|luarocks|choco|winget)\s+(?:\S+\s+)?(?:add|install|i|get|require)|implementation\(|pull in|bring in|install(?:ing)?)\b/iu,
    rule: 'Add no package, library or other dependency without asking first',
  },
  {
    name: 'scope',
    weight: 0.5,
    said: /\b(?:nothing\s+(?:else|but|more)|(?:i|we)\s+(?:only\s+)?asked\s+(?:for|you)|not\s+what\s+(?:i|we|this|the)\b|(?:leave|let|keep)\s+(?:\w+\s+){1,5}(?:alone|as\s+(?:it|they)\s+(?:is|are|was|were))|hands\s+off|unrelated|off[- ]topic|while\s+you(?:'re| are)\s+(?:there|at it)|only\s+(?:that|this|what)\s+\w+|just\s+what\s+\w+|why\s+(?:are|did|do|would)\s+you\s+(?:\w+\s+)?(?:touch|chang|edit|renam|mov|rewrit|delet|refactor)\w*|belong\w*\s+to\s+(?:it|this|that)|scope|drive-?by|refactor\w*|reformat\w*|renam\w*|clean[- ]?ups?|tidy(?:ing)?|rewrit\w+|side\s+quest|stick\s+to|minimal|smallest|separate\s+(?:commit|pr|branch|change|ticket)|not\s+(?:your|part|in|for)\s+(?:\w+\s+)?(?:business|ticket|task|job)|(?:half|whole|entire)\s+(?:of\s+)?(?:the|that|my)\s+(?:file|page|document|project|text|script|thing|code|app|module))\b/iu,
    done: /\b(?:while\s+(?:i'm|i am|we're)\s+(?:here|at it)|i(?:'ll| will)\s+also|also\s+(?:renam|sort|switch|mov|clean|tidi|updat|refactor|reformat|chang)\w*|on\s+the\s+(?:side|way)|as\s+well\s+while)\b/iu,
    rule: 'Change only what was asked for, nothing on the side',
  },
  {
    name: 'brevity',
    weight: 0.55,
    said: /\b(?:short(?:er|en)?|brief(?:ly)?|concise|terse|compact|crisp|too\s+(?:long|much text|many words|wordy|chatty)|(?:one|two|three|four|five|a few|\d)(?:\s+(?:or|to)\s+(?:two|three|four|five|\d))?\s+(?:\w+\s+)?(?:lines?|sentences?|words|points|bullets?)|essays?|novels?|prose|wordy|verbose|waffle|walls?\s+of\s+text|rambl\w+|lectures?|speech(?:es)?|sermon|tl;?dr|to\s+the\s+point|bullet\s*points?|nobody\s+(?:reads|will read|wants to read)|(?:numbers|figures|table|result|facts?|answer|list|diff|code)\s+only|only\s+the\s+(?:numbers|figures|table|result|facts?|answer|list)|just\s+the\s+(?:numbers|figures|table|result|facts?|answer|list)|no\s+(?:text|sentences|words|prose|story|stories|explanations?|introduction|preamble|summary)|(?:less|fewer|no)\s+(?:text|words|talk)|sentences\s+around|text\s+around|cut\s+the\s+\w+|chatter|blah)\b/iu,
    done: null,
    rule: 'Keep it short: no more words than are needed',
  },
  {
    name: 'formality',
    weight: 0.5,
    said: /\b(?:formal(?:ly)?|informal|polite\w*|courteous|rude|chummy|familiar|first\s+names?|surnames?|last\s+names?|titles?\s+and|salutations?|(?:by|with)\s+(?:their\s+)?titles?|dear\s+(?:mr|mrs|ms|dr|sir|madam)|mate)\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'plainness',
    weight: 0.5,
    said: /\b(?:exclamation\s*(?:marks?|points?)|emojis?|emoticons?|smileys?|enthusias\w+|hype|sales(?:y|\s+talk|\s+pitch)|marketing|advert\w*|cheerful|superlatives?|buzzwords?|jargon|flatter\w*|sober|plain\s+(?:words|english|language)|adjectives?|flowery|gushing|kitsch)\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'language',
    weight: 0.55,
    said: new RegExp(`\\b(?:${languages}|languages?|mother\\s+tongue|translat\\w+|bilingual|dialect|umlauts?)\\b`, 'iu'),
    done: null,
    rule: null,
  },
  {
    name: 'units',
    weight: 0.5,
    said: new RegExp(
      `\\b(?:units?|unit-?less|naked\\s+numbers?|bare\\s+numbers?|magnitude|metric|imperial|${units})\\b|_(?:${units}|s|ms|pct|eur|usd|utc)\\b`,
      'iu',
    ),
    done: null,
    rule: null,
  },
  {
    name: 'naming',
    weight: 0.3,
    said: /\b(?:nam(?:e|es|ed|ing)|call(?:ed)?\s+(?:it|them|the)|identifiers?|prefix\w*|suffix\w*|columns?\s+(?:is|are|names?)|camel\s?case|snake_?\s?case|kebab|spelling|spelled|abbreviat\w+|file\s?names?|titles?\s+(?:is|are)|capitals?|upper\s?case|lower\s?case)\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'preview',
    weight: 0.45,
    said: /\b(?:(?:show|paste|put)\s+(?:it\s+|them\s+|that\s+)?(?:to\s+)?(?:me|us|here)\b|(?:read|send|give|mail|play)\s+(?:it\s+|them\s+|that\s+)?(?:to\s+)?(?:me|us)\b(?:\s+\w+){0,4}?\s+(?:first|before)\b|first\s+(?:show|let|i\b|we\b)|(?:i|we|one of us|someone|somebody)\s+(?:want|wants|have|has|need|needs|like|would like|'d like|must)\s+(?:to\s+)?(?:see|read|seen|look|hear|listen|check|review|approve)\w*|before\s+(?:one of us|i|we|anyone|somebody|someone|it|they|anything)\s+(?:has|have|goes|go|leaves|leave|sends?|see|saw)\b|(?:show|see|read|want|make|write)\s+(?:me\s+)?(?:a|the|your)?\s*draft|draft\s+(?:it|first)|preview|let\s+me\s+(?:see|read|look|hear|listen|check)|(?:see|hear|read)\s+it\s+first|before\s+(?:you\s+)?(?:send|publish|post|upload|mail|submit|deploy)\w*|i\s+say\s+go|nothing\s+(?:leaves|goes\s+out))\b/iu,
    done: /\b(?:send|reply|mail|e-?mail|post|publish|upload|submit|message|tweet|announce|broadcast)\w*\b/iu,
    rule: 'Show it to the person first and wait for the go',
  },
  {
    name: 'theirs',
    weight: 0.28,
    said: /\b(?:(?:is|are|was|be|stays?|remains?)\s+(?:my|our)\s+(?:job|business|thing|call|task|part|turn|decision)|(?:is|are)\s+(?:mine|ours)(?=\s*(?:[.,;!]|$|and\b|to\b))|(?:leave|let)\s+(?:\w+\s+){1,4}to\s+(?:me|us|the\s+\w+)|(?:i|we)\s+(?:will\s+|always\s+)?(?:do|close|push|merge|send|release|deploy|publish|sign|tag|commit|decide|book|order|file|archive|schedule|mix|master|handle|take care of)\s+(?:\w+\s+){0,4}(?:my|our)(?:self|selves)|(?:i|we)\s+do\s+(?:the|that|those|all)\b|only\s+(?:i|we)\s+\w+|until\s+(?:one\s+of\s+us|i|we)\s+\w+|(?:you|agents?|bots?)\s+(?:don'?t|do not|never|must not)\s+(?:push|merge|send|close|deploy|release|publish|commit|delete|book|order|sign))\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'proof first',
    weight: 0.55,
    said: /\b(?:test\s+(?:first|that\s+(?:fails|goes|is))|(?:first|write|see|where'?s|with|without)\s+(?:\w+\s+){0,3}tests?\b|failing\s+test|red\s+test|(?:see|watch)\s+(?:it|that)\s+fail|reproduc\w+|goes\s+red|test[- ]driven|tdd|prove\s+(?:it|the|that)|regression\s+test)\b/iu,
    done: null,
    rule: 'Before a fix, show a test that fails; change the code only then',
  },
  {
    name: 'read only',
    weight: 0.45,
    said: /\b(?:read[- ]?only|only\s+(?:read|look|for\s+(?:looking|reading))|for\s+(?:looking|reading)|(?:may|can)\s+(?:only\s+)?(?:read|look)|quer(?:y|ies)\s+only|no\s+(?:deletes?|deleting|updates?|updating|writes?|writing|inserts?|inserting|drops?|dropping|truncating|altering|modifying|overwriting)|not\s+(?:delete|write|overwrite|modify|change)|nothing\s+that\s+(?:changes|deletes|writes|modifies|touches)|never\s+(?:delet|overwrit|eras|wip)\w*|(?:don'?t|do\s+not)\s+(?:\w+\s+)?(?:delet|overwrit|eras|wip|drop)\w*|ddl|destructive)\b/iu,
    done: /\b(?:delete\s+from|update\s+\S+\s+set|insert\s+into|drop\s+(?:table|schema|index|view|database|column)|alter\s+table|truncate|create\s+(?:table|view|index|schema)|rm\s+-\w+|unlink|purge|wipe|overwrit\w+|dropdb|delete)\b/iu,
    rule: null,
  },
  {
    name: 'originals',
    weight: 0.4,
    said: /\b(?:back-?ups?|originals?|(?:a|the|work on a|make a)\s+copy|copies|copy\s+(?:it|them|the\s+\w+)\s+(?:first|before)|keep\s+the\s+old|stays?\s+as\s+(?:it|they)\b|untouched|raw\s+(?:file|recording|take|data|footage)s?)\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'publishing code',
    weight: 0.3,
    said: /\b(?:push(?:es|ed|ing)?|merg(?:e|es|ed|ing)|force[- ]push|remote|pull\s+requests?|squash|rebase|commits?|commit\s+messages?|branch(?:es)?|main\s+branch|master\s+branch|tags?)\b/iu,
    done: /\bgit\s+(?:push|merge|rebase|commit|tag)|\bgh\s+pr\b|\bglab\s+mr\b/iu,
    rule: null,
  },
  {
    name: 'rehearsal',
    weight: 0.35,
    said: /\b(?:dry[- ]?runs?|staging\s+first|try\s+(?:it\s+)?(?:on|with)\s+(?:one|a|the)\s+(?:small|single|test|copy)?|(?:on|with)\s+(?:one|a)\s+(?:sample|single)|smoke|sandbox\s+first|rehears\w+|test\s+run)\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'sources',
    weight: 0.4,
    said: /\b(?:sources?|cit(?:e|ed|ation|ations)|references?|footnotes?|where\s+(?:do|did)\s+you\s+(?:have|get)|made[- ]up|invent(?:ed|ing)?|guess(?:ed|ing)?|assum(?:e|ed|ing|ptions?)|hearsay|verified|double[- ]check(?:ed)?|fact[- ]check\w*|second\s+source)\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'secrets',
    weight: 0.45,
    said: /\b(?:secrets?|passwords?|credentials?|api\s+keys?|tokens?|keys\s+in|private\s+(?:data|number|address|key)|personal\s+data|full\s+names?|anonymi[sz]\w*|confidential|leak\w*|gdpr|blur\w*)\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'precision',
    weight: 0.4,
    said: /\b(?:decimals?|decimal\s+places?|round(?:ed|ing)|significant\s+(?:digits|figures)|exact\s+(?:figure|number|value)s?|approximat\w+|thousands?\s+separators?|iso\s+dates?|date\s+formats?|dates?\s+(?:as|day|month|are|in)|day\s+(?:first|before)|month\s+(?:first|before)|day,\s*month|24[- ]?h(?:our)?s?|time\s?zones?)\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'layout',
    weight: 0.25,
    said: /\b(?:tables?|bullets?|bullet\s*points?|headings?|headlines?|markdown|bold|italics?|indent\w*|colou?rs?|fonts?|alphabetical(?:ly)?|columns?|spreadsheet|csv|pdf)\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'questions',
    weight: 0.5,
    said: /\b(?:(?:so|too)\s+many\s+questions|(?:don'?t|do\s+not|stop|never|no\s+need\s+to)\s+ask(?:ing)?\b|one\s+(?:question\s+)?at\s+a\s+time|questions\s+at\s+once|lists?\s+of\s+questions|ask\s+less|just\s+do\s+it)\b/iu,
    done: null,
    rule: null,
  },
  {
    name: 'comments',
    weight: 0.4,
    said: /\b(?:(?:code\s+|no\s+|the\s+|your\s+|those\s+)comments?|commented[- ]out|docstrings?|todos?|documentation|docs|read-?me|changelog)\b/iu,
    done: null,
    rule: null,
  },
];
