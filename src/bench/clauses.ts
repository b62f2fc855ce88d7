/**
 * The clauses of made entries. Each says one thing in several constructions, so that a paraphrase is another construction of the
 * same clause with the same slots filled; a name in braces is a slot of `words.ts`.
 */
import type { Slot } from './words.js';

export interface MainClause {
  /** What the clause is about: another one of these makes a look-alike. */
  readonly subject: Slot;
  /** What may change over time: another one of these makes a changed value. */
  readonly value: Slot;
  readonly forms: readonly [string, string, ...string[]];
}

/** Side clauses of work go with what belongs to work, the others with what belongs to a person's life. */
type Realm = 'work' | 'life';

export interface SideClause {
  readonly realm: Realm;
  /** Whether it can stand in front of the main clause as well. */
  readonly front: boolean;
  readonly forms: readonly [string, string, ...string[]];
}

const main = (subject: Slot, value: Slot, ...forms: MainClause['forms']): MainClause => ({ subject, value, forms });

export const mainClauses: readonly MainClause[] = [
  // Deployment and operation.
  main(
    'thing',
    'weekday',
    'we deploy {thing} on {weekday}s only',
    '{weekday} is the one day on which {thing} goes live',
    'releases of {thing} are for {weekday}s and no other day',
  ),
  main(
    'thing',
    'tool',
    '{thing} is rolled out with {tool}',
    'we use {tool} to ship {thing}',
    '{tool} takes care of every rollout of {thing}',
  ),
  main(
    'thing',
    'minutes',
    'wait {minutes} after releasing {thing} and watch its errors',
    'once {thing} is out, its error rate is watched for {minutes}',
    'keep an eye on the failures of {thing} for {minutes} after a release',
  ),
  main(
    'thing',
    'percent',
    'a canary of {thing} gets {percent} of the traffic',
    '{percent} of all requests go to the canary of {thing}',
    'we send {percent} of the load to the trial copy of {thing}',
  ),
  main(
    'thing',
    'role',
    '{role} has to approve each rollback of {thing}',
    'do not roll back {thing} without a yes from {role}',
    'rolling {thing} back needs the approval of {role}',
  ),
  main(
    'thing',
    'count',
    'we keep the last {count} builds of {thing} for a rollback',
    'the {count} latest builds of {thing} stay available to go back to',
    'of {thing}, {count} older builds are not deleted so that we can return to them',
  ),
  main(
    'thing',
    'time',
    'maintenance of {thing} starts at {time}',
    'the maintenance window of {thing} opens at {time}',
    'work on the running {thing} does not begin before {time}',
  ),
  // Infrastructure.
  main(
    'thing',
    'store',
    '{thing} keeps its data in {store}',
    'the data of {thing} lives in {store}',
    '{store} is where {thing} stores everything',
  ),
  main('thing', 'port', '{thing} listens on port {port}', 'you reach {thing} at port {port}', 'port {port} belongs to {thing}'),
  main(
    'thing',
    'seconds',
    'requests to {thing} time out after {seconds}',
    'a call of {thing} is given up after {seconds}',
    'whoever calls {thing} does not wait longer than {seconds}',
  ),
  main('host', 'size', 'the machine {host} has {size} of memory', '{host} comes with {size} of RAM', 'there is {size} of memory in {host}'),
  main(
    'host',
    'city',
    'our server {host} stands in {city}',
    'the machine {host} is located in {city}',
    '{city} is home to the server {host}',
  ),
  main(
    'thing',
    'days',
    'backups of {thing} are kept for {days}',
    'we delete the backups of {thing} after {days}',
    '{days} is how long a backup of {thing} lives',
  ),
  main(
    'thing',
    'count',
    '{thing} runs in {count} replicas',
    'there are {count} copies of {thing} running',
    'we run {thing} {count} times in parallel',
  ),
  main(
    'thing',
    'days',
    'rotate the credentials of {thing} every {days}',
    'the password of {thing} is replaced after {days}',
    'secrets of {thing} do not get older than {days}',
  ),
  main(
    'thing',
    'percent',
    'an alert fires as soon as {thing} uses {percent} of its disk',
    'at {percent} disk usage of {thing} somebody is paged',
    'we are warned once the disk of {thing} is {percent} full',
  ),
  // Code and its style.
  main('thing', 'language', '{thing} is written in {language}', 'we write {thing} in {language}', 'the language of {thing} is {language}'),
  main('thing', 'library', 'tests of {thing} run with {library}', 'we test {thing} using {library}', '{library} runs the tests of {thing}'),
  main(
    'thing',
    'version',
    '{thing} is pinned to version {version}',
    'do not upgrade {thing} beyond {version}',
    'version {version} of {thing} is the one we stay on',
  ),
  main(
    'file',
    'count',
    'lines of {file} are no longer than {count} characters',
    'wrap {file} at {count} characters',
    'the longest line that {file} may have is {count} characters',
  ),
  main(
    'file',
    'role',
    'changes of {file} are reviewed by {role}',
    '{role} looks over every edit of {file}',
    'do not touch {file} without a review from {role}',
  ),
  main(
    'thing',
    'library',
    'new code in {thing} must not import {library}',
    '{library} is not allowed in new modules of {thing}',
    'we do not add {library} to {thing} any more',
  ),
  main(
    'thing',
    'percent',
    'test coverage of {thing} must not fall below {percent}',
    'at least {percent} of {thing} has to be covered by tests',
    'we keep {thing} covered to {percent} or better',
  ),
  main(
    'thing',
    'file',
    'the settings of {thing} are read from {file}',
    '{thing} takes its configuration from {file}',
    '{file} is the place to configure {thing}',
  ),
  main(
    'thing',
    'days',
    'close branches of {thing} that are older than {days}',
    'a branch of {thing} does not live longer than {days}',
    'after {days} an open branch of {thing} is deleted',
  ),
  // Preferences of a person.
  main(
    'thing',
    'language',
    'I prefer examples in {language} for {thing}',
    'show me {language} code if it is about {thing}',
    'whenever {thing} comes up, my examples should be in {language}',
  ),
  main(
    'series',
    'time',
    'do not schedule anything before {time} on the day of {series}',
    'I am not available until {time} if there is {series}',
    'keep my calendar free up to {time} on days with {series}',
  ),
  main(
    'thing',
    'count',
    'summaries of {thing} should have at most {count} words',
    'please keep it to {count} words if you sum up {thing}',
    'I do not read more than {count} words about {thing}',
  ),
  main(
    'quarter',
    'drink',
    'I like to have {drink} at the kiosk in {quarter}',
    'in {quarter} I usually drink {drink} at the kiosk',
    '{drink} is what I order at the kiosk of {quarter}',
  ),
  main(
    'team',
    'weekday',
    'send the report of {team} every {weekday}',
    '{team} sends out its report on {weekday}s',
    '{weekday} is the day of the report for {team}',
  ),
  main(
    'thing',
    'tool',
    'I want to see the commands of {tool} before you run them on {thing}',
    'show me what {tool} is going to do to {thing} first',
    'do not run {tool} against {thing} without showing me the commands',
  ),
  // Facts about a person.
  main(
    'relative',
    'quarter',
    '{relative} has moved to {quarter}',
    '{quarter} is where {relative} lives now',
    'the new home of {relative} is in {quarter}',
  ),
  main(
    'relative',
    'date',
    'the birthday of {relative} is on {date}',
    '{relative} was born on a {date}',
    'we celebrate with {relative} on {date}',
  ),
  main(
    'relative',
    'allergen',
    '{relative} is allergic to {allergen}',
    '{allergen} make {relative} ill',
    '{relative} does not tolerate {allergen}',
  ),
  main(
    'relative',
    'sport',
    '{relative} has taken up {sport}',
    'the new hobby of {relative} is {sport}',
    '{sport} is what {relative} does after work now',
  ),
  main(
    'quarter',
    'dish',
    'the best {dish} is at the small place by the station in {quarter}',
    'for {dish} go to the little restaurant near the station of {quarter}',
    'nobody makes {dish} like the kitchen next to the station in {quarter}',
  ),
  main(
    'club',
    'price',
    'my membership of {club} costs {price} a year',
    'I pay {price} a year to {club}',
    'a year in {club} comes to {price}',
  ),
  main(
    'club',
    'weekday',
    'I go to {club} on {weekday} evenings',
    'every {weekday} night is for {club}',
    '{club} meets on {weekday}s after work',
  ),
  // Meetings and agreements.
  main(
    'team',
    'room',
    '{team} meets in the room {room}',
    'the meetings of {team} take place in {room}',
    '{room} is the meeting room of {team}',
  ),
  main(
    'team',
    'time',
    'the daily call of {team} begins at {time}',
    '{team} has its stand-up at {time}',
    'at {time} the people of {team} talk every morning',
  ),
  main('team', 'thing', '{team} owns {thing}', '{thing} belongs to {team}', 'the owner of {thing} is {team}'),
  main(
    'series',
    'room',
    '{series} has moved to the room {room}',
    'from now on {series} is held in {room}',
    'we meet in {room} for {series}',
  ),
  main(
    'series',
    'minutes',
    '{series} must not take longer than {minutes}',
    'the time limit of {series} is {minutes}',
    'after {minutes} {series} is over',
  ),
  main(
    'thing',
    'date',
    'the freeze of {thing} begins on {date}',
    'from {date} on nothing in {thing} may change',
    '{date} is the last day for changes of {thing}',
  ),
  main(
    'team',
    'price',
    'the travel budget of {team} is {price} a month',
    '{team} can spend {price} a month on travel',
    'each month {price} are there for the trips of {team}',
  ),
  main(
    'thing',
    'date',
    'the contract for {thing} runs out on {date}',
    'we have a contract for {thing} until {date}',
    '{date} is the end of the contract for {thing}',
  ),
  main(
    'team',
    'count',
    'no more than {count} tickets are open at {team}',
    '{team} limits itself to {count} open tickets',
    'the limit of open tickets for {team} is {count}',
  ),
];

const lifeSubjects: readonly Slot[] = ['relative', 'quarter', 'club'];

export function realmOf({ subject }: MainClause): Realm {
  return lifeSubjects.includes(subject) ? 'life' : 'work';
}

const side = (realm: Realm, front: boolean, ...forms: SideClause['forms']): SideClause => ({ realm, front, forms });

export const sideClauses: readonly SideClause[] = [
  side('work', false, 'because {cause}', 'since {cause}', 'for the reason that {cause}'),
  side('work', false, 'because {cause}', 'as {cause}', 'the reason is that {cause}'),
  side('work', true, 'when {event}', 'whenever {event}', 'every time that {event}'),
  side('work', true, 'unless {event}', 'except when {event}', 'but not if {event}'),
  side('work', true, 'on {place}', 'as far as {place} is concerned', 'where it is about {place}'),
  side('work', false, 'which {role} asked for', 'at the request of {role}', 'because {role} wanted it so'),
  side(
    'work',
    false,
    'as agreed in {meeting} in {month}',
    'which was the outcome of {meeting} in {month}',
    'so it was settled in {meeting} in {month}',
  ),
  side('work', false, 'see {ticket} for the details', '{ticket} has the details', 'the details are in {ticket}'),
  side('work', true, 'until {thing} is replaced', 'as long as {thing} has no successor', 'up to the day that {thing} is gone'),
  side('work', true, 'for everything that touches {thing}', 'wherever {thing} is involved', 'if {thing} has a part in it'),
  side('work', false, 'and tell {role} about it', 'and let {role} know', 'with a note to {role}'),
  side('work', true, 'since the incident with {thing}', 'ever since {thing} failed', 'after what happened to {thing}'),
  side('work', true, 'starting in {month}', 'from {month} onwards', 'beginning with {month}'),
  side('work', false, 'although {team} would like it otherwise', 'even if {team} disagrees', 'against the wish of {team}'),
  side('work', false, 'which is written down in {file}', '{file} says so too', 'you can look it up in {file}'),
  side('work', true, 'together with {team}', 'jointly with {team}', 'with the help of {team}'),
  side('life', true, 'since the summer in {city}', 'ever since we were in {city}', 'after the holidays in {city}'),
  side('life', false, 'as {relative} told me in {month}', 'I heard it from {relative} in {month}', 'which {relative} mentioned in {month}'),
  side('life', true, 'whenever the weather is bad in {city}', 'if it rains in {city}', 'on wet days in {city}'),
  side('life', false, 'which costs about {price} in all', 'for {price} altogether', 'and it comes to {price} in total'),
  side('life', true, 'starting on {date}', 'from {date} onwards', 'beginning with {date}'),
  side('life', false, 'and {dish} afterwards is a tradition', 'followed by {dish} as always', 'with {dish} at the end as every time'),
  side(
    'life',
    false,
    'so please do not book trips to {city} then',
    'therefore no trips to {city} at that time',
    'that is why {city} has to wait',
  ),
  side('life', true, 'together with {relative}', 'in the company of {relative}', 'along with {relative}'),
  side('life', false, 'which I found out by way of {club}', 'a friend from {club} says so', 'according to people from {club}'),
  side('life', true, 'apart from the week around {date}', 'except in the days near {date}', 'but not in the week of {date}'),
];
