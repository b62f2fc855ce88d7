/** Closed word classes that the judge knows by heart. Everything open-class comes from the word vectors instead. */

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/).filter((word) => word !== ''));
}

/** Groups of words that stand for the same thing, one group a line, mapped to the first word of the group. */
function canonical(lines: string): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const line of lines.split('\n')) {
    const group = line.trim().split(/\s+/);
    const head = group[0];
    if (head !== undefined && head !== '') for (const word of group) map.set(word, head);
  }
  return map;
}

export const stopWords =
  words(`a an the this that these those there here it its they them their theirs he him his she her hers we us our ours
  i me my mine you your yours one ones of to in on at by for with from into onto out up down over as is are was were be been being am do does did
  done has have had having will would shall should can could may might must and or but so if then than when where which who whom whose what how why
  not no nor also too very just only own same such both each any all some other another more most much many about between through during before
  after above below again further once because until while via per s t d ll m o re ve gets get got let goes go way thing things kind sort use used using uses`);

export const negations = words(`not no never none nobody nothing neither nor without cannot nowhere n't hardly`);

/** Words by which a ban, an end or an absence is said without a negation. */
export const negativeWords =
  words(`avoid forbidden forbid prohibited banned ban stop stopped disallowed refuse reject disable disabled off skip
  exclude excluded excluding except refrain drop dropped omit leave lack missing free wrong bad dislike dislikes hate hates unwanted taboo no-go
  abolished discontinued removed gone out fail fails unless instead rather`);

export const obligations = words('must always shall required require requires need needs mandatory have has should ought never');
export const permissions = words('may can might could optional allowed fine ok okay permitted welcome free acceptable possible');

/** Words that say a state of affairs is new, or old. */
export const changeWords =
  words(`now nowadays longer anymore moved switched migrated replaced replaces replacing instead changed became become
  since formerly previously earlier originally ended dropped retired abolished withdrawn cancelled canceled reverted back abandoned gave
  superseded new stopped gone dissolved lifted raised lowered renamed again turned meanwhile recently reversed discontinued scrapped
  postponed rescheduled overruled obsolete deprecated bigger smaller today these`);

export const reasonWords = words('because since otherwise therefore reason due hence lest so cause caused causes lesson after');

export const conditionWords = words(`if when whenever unless except only until while once before after during without within outside inside
  case provided depending apart excepted exempt besides above below beyond under over for`);

export const universals = words(
  'all every each any always entire whole everything everyone everybody never none no only solely exclusively',
);

export const environments: ReadonlyMap<string, string> = canonical(`production prod live
  staging stage stg preprod pre-production
  development dev
  local locally localhost laptop
  test testing qa
  ci pipeline pipelines
  demo
  sandbox
  preview
  nightly
  canary
  perf
  backup
  replica
  primary`);

export const platforms: ReadonlyMap<string, string> = canonical(`macos mac osx
  linux ubuntu debian
  windows win
  ios iphone
  android
  frontend client browser
  backend server
  mobile
  desktop
  web
  switch
  xbox
  playstation ps5`);

export const weekdays: ReadonlyMap<string, string> = canonical(`monday mondays mon
  tuesday tuesdays tue tues
  wednesday wednesdays wed
  thursday thursdays thu thur thurs
  friday fridays fri
  saturday saturdays sat
  sunday sundays sun`);

export const months: ReadonlyMap<string, string> = canonical(`january jan
  february feb
  march mar
  april apr
  may
  june jun
  july jul
  august aug
  september sep sept
  october oct
  november nov
  december dec`);

export const colours =
  words(`red blue green yellow orange purple violet black white grey gray brown pink turquoise cyan magenta beige navy teal
  crimson gold silver amber maroon`);

/** What a reader takes as one word: abbreviations, spellings, everyday synonyms of handbooks. */
export const synonyms: ReadonlyMap<string, string> = canonical(`database databases db dbs
  repository repositories repo repos
  configuration configurations config configs cfg
  environment environments env envs
  application applications app apps
  production prod
  staging stg
  development dev
  administrator admin admins administrators
  documentation docs doc documents document
  kubernetes k8s
  postgres postgresql pg psql
  javascript js
  typescript ts
  python py
  golang go
  pull-request pr prs mr mrs
  authentication auth authenticate authenticated
  directory directories dir dirs folder folders
  function functions fn func
  image images img
  message messages msg msgs
  number numbers nr num
  information info
  maximum max most limit cap capped ceiling
  minimum min least
  temperature temp
  telephone phone call ring
  mail email e-mail emails mails
  user users
  person people persons
  customer customers client clients
  error errors failure failures
  fail fails failing failed break breaks broken
  delete deletes deleted remove removes removed removing drop deletion
  start starts started begin begins launch kick
  stop stops stopped end ends halt cease
  buy buys bought purchase purchased
  build builds built compile compiles compiled
  create creates created make makes made
  change changes changed modify modified edit
  show shows shown display displayed
  need needs needed require requires required
  must should shall ought
  forbid forbidden prohibited banned ban disallowed
  allow allowed permitted permit permits allows
  often frequently
  prefer prefers preferred favour favor favours favors rather
  like likes love loves enjoy enjoys fond
  want wants wish wishes
  run runs running execute executes executed
  use uses used using utilise employ
  keep keeps kept retain retained retains
  store stores stored save saved saves kept
  live lives resides located sits
  send sends sent deliver
  write writes written wrote
  begin beginning
  answer answers reply replies response responses
  short brief concise terse
  large big huge
  small little tiny
  fast quick quickly rapid
  automatic automatically auto
  every each all any
  once one-time
  child children kid kids
  wife spouse husband
  father dad
  mother mum mom
  grandmother grandma granny
  grandfather grandpa
  brother brothers
  sister sisters
  doctor dr physician
  flat apartment apartments flats
  car vehicle automobile
  bicycle bike bikes
  shop store
  holiday vacation holidays
  film movie films movies
  autumn fall
  ticket tickets issue issues
  host hosts machine machines server box
  password passwords passphrase
  credential credentials login secrets
  secret secrets
  key keys
  developer developers engineer engineers dev devs
  team teams squad
  meeting meetings
  deployment deployments deploy deploys deployed release releases released rollout ship ships shipped
  test tests testing
  check checks checked verify verified verifies
  log logs logged logging
  default defaults
  parameter parameters param params argument arguments arg args
  variable variables var vars
  timestamp timestamps
  library libraries lib libs
  package packages pkg
  dependency dependencies deps
  version versions
  because since as
  before prior ahead
  after following afterwards
  about approximately roughly around circa ca
  maybe perhaps
  currently presently now nowadays
  lock locked locks lockout block blocked
  invoice bill invoices bills
  reference ref refs
  specification spec specs
  requirement requirements reqs
  internationalization i18n
  localization l10n
  accessibility a11y
  infrastructure infra
  performance perf
  memory ram
  minutes mins minute
  hours hrs
  months
  approx
  versus vs
  without w/o
  with w/`);

const antonymPairs = `on off|allow forbid|enable disable|enabled disabled|allowed forbidden|always never|before after|above below|max min|
  maximum minimum|more less|more fewer|first last|morning evening|morning afternoon|day night|left right|up down|open closed|open close|
  true false|yes no|include exclude|included excluded|public private|internal external|sync async|synchronous asynchronous|
  required optional|mandatory optional|must may|needed superfluous|manual automatic|manually automatically|ascending descending|
  asc desc|tabs spaces|light dark|single double|merge rebase|merge squash|rebase squash|hot cold|warm cold|cheap expensive|
  fast slow|early late|earlier later|old new|short long|small large|small big|high low|higher lower|increase decrease|raise lower|
  plus minus|inside outside|in out|start end|begin end|win lose|accept reject|accepted rejected|approve reject|push pull|
  read write|reads writes|client server|frontend backend|upstream downstream|import export|encode decode|encrypt decrypt|
  love hate|like dislike|likes dislikes|loves hates|good bad|right wrong|safe unsafe|safe dangerous|weekday weekend|weekdays weekends|
  summer winter|spring autumn|alone together|everyone nobody|everything nothing|all none|with without|buy sell|rent buy|
  arrive depart|arrival departure|inbound outbound|input output|positive negative|present absent|alive dead|empty full|
  local remote|online offline|home office|indoor outdoor|indoors outdoors|formal informal|paid free|permanent temporary|
  strict lenient|strict loose|serial parallel|serially parallel|sequential parallel|eager lazy|static dynamic|mutable immutable|
  uppercase lowercase|singular plural|hourly daily|daily weekly|daily nightly|weekly monthly|monthly quarterly|monthly yearly|
  weekly yearly|horizontal vertical|top bottom|front back|session transaction|major minor|even odd|soft hard|wet dry|
  vegetarian vegan|tea coffee|coffee tea|beer wine|window aisle|train plane|flight train|bus train|email phone|call mail|
  keep delete|keep remove|add remove|stay leave|create delete|lock unlock|mount unmount|grant revoke|granted denied|allow deny|
  works fails|succeeds fails|cause prevent|helps hurts|stopped started|stop continue|forget remember|ignore respect|
  prefer avoid|prefers avoids|tolerated forbidden|possible impossible|known unknown|relevant irrelevant|legal illegal`;

export const antonyms: ReadonlyMap<string, ReadonlySet<string>> = (() => {
  const map = new Map<string, Set<string>>();
  const add = (from: string, to: string) => {
    const set = map.get(from) ?? new Set<string>();
    set.add(to);
    map.set(from, set);
  };
  for (const pair of antonymPairs.split('|')) {
    const [a, b] = pair.trim().split(/\s+/);
    if (a !== undefined && b !== undefined) {
      add(a, b);
      add(b, a);
    }
  }
  return map;
})();

/** Prefixes that negate the rest of a word; checked only where the rest is the other side's word. */
export const negatingPrefixes = ['un', 'in', 'im', 'non', 'dis', 'ir', 'il', 'anti', 'de', 'mis'] as const;

/** Finite verbs that most often end the subject of a statement. */
export const auxiliaries =
  words(`is are was were be has have had must may can should shall will would do does did don't doesn't needs need gets get
  got runs run lives live uses use goes go wants want prefers prefer keeps keep takes take comes come listens sits writes reads returns returned
  requires means makes fails says likes hates starts ends costs holds stays works belongs expires ships`);

export const personWords = words(`user i me my we our us team wife husband partner son daughter brother sister mother father grandma grandpa
  cousin aunt uncle niece nephew colleague boss manager lead intern interns contractor contractors customer customers kid kids child children
  neighbour neighbor friend friends developer developers reviewer author owner agent agents admin guest guests`);
