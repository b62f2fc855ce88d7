/** Failures of several fields with what ended them, told differently each time, and a dream over sessions that hold them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Change, DreamResult } from '../../dist/api.js';
import {
  agent,
  claudeCode,
  failed,
  type Happening,
  person,
  ran,
  refused,
  type Session,
  used,
  writeSessions,
  writeStore,
} from './sessions.js';
import { makeFolder, openIn, readTree } from './workspace.js';

const fields = ['north-3', 'orchard', 'lower-meadow', 'greenhouse-b', 'hop-yard', 'paddock-7'];
const askedSync = [
  'push the readings of the north field',
  'the orchard dashboard is empty, can you sync it?',
  'please sync lower meadow',
  'greenhouse b has no data since monday',
  'sync the hop yard sensors',
  'paddock 7 please',
];

/** Farm sensors: a sync is refused while the gateway's clock is off, until the clock is set. */
export function clockFailure(nth: number): readonly Happening[] {
  const field = fields[nth % fields.length] ?? '';
  return [
    person(askedSync[nth % askedSync.length] ?? ''),
    failed(
      `fieldctl sync ${field}`,
      `sync: 0 of ${40 + nth} readings sent\nError: gateway clock is ${210 + 7 * nth} s ahead of the broker, upload refused`,
    ),
    agent('The broker refuses readings whose time lies ahead, so the gateway clock has to be set first.'),
    ran(`fieldctl clock set --gateway gw-${11 + nth}`, 'clock set, offset 0.2 s'),
    ran(`fieldctl sync ${field}`, `sync: ${40 + nth} of ${40 + nth} readings sent`),
    agent('All readings are there now.'),
  ];
}

const asked = [
  'fill the dev database',
  'i need test orders for the till demo',
  'reset my local data please',
  'seed it again',
  'demo data pls',
];

/** Bakery orders: seeding fails until the migrations have run. */
export function seedFailure(nth: number): readonly Happening[] {
  return [
    person(asked[nth % asked.length] ?? ''),
    failed(`bakery seed --orders ${20 + nth}`, `seeding ${20 + nth} orders\nerror: relation "oven_slots" does not exist`),
    agent('The table oven_slots comes with a migration that has not run here, so migrations go before seeding.'),
    ran('bakery migrate up', `applied ${2 + nth} migrations`),
    ran(`bakery seed --orders ${20 + nth}`, `${20 + nth} orders`),
  ];
}

/** Law office: the same words as another failure of the same program, another cause (the template is checked out by somebody). */
export function lockedTemplate(nth: number): readonly Happening[] {
  const file = ['lease-a', 'will-b', 'deed-c', 'offer-d'][nth % 4] ?? '';
  return [
    person(`build the ${file} document`),
    failed(`docpack build ${file}`, 'reading template\nError: document could not be assembled'),
    agent('Somebody still has the template checked out, so it has to be released before the build.'),
    ran(`docpack template release ${file}`, 'released'),
    ran(`docpack build ${file}`, `${file}.pdf written`),
  ];
}

/** Law office: the same words as another failure of the same program, another cause (the exhibits have no numbers). */
export function missingExhibits(nth: number): readonly Happening[] {
  const file = ['claim-1', 'reply-2', 'motion-3', 'brief-4'][nth % 4] ?? '';
  return [
    person(`please assemble ${file} with its exhibits`),
    failed(`docpack build ${file}`, 'reading exhibits\nError: document could not be assembled'),
    agent('The exhibits carry no numbers yet; they must be numbered before the filing can be put together.'),
    ran(`docpack exhibits number ${file}`, 'numbered'),
    ran(`docpack build ${file}`, `${file}.pdf written`),
  ];
}

const pushes = [
  'please do not push, i push myself',
  'never push for me, i do that',
  'leave the push to me, always',
  'no pushing, i want to do that by hand',
];

/** A person who wants to push alone, and says so each time. */
export function refusedPush(nth: number): readonly Happening[] {
  const file_path = `/home/rosa/bakery/oven-${nth}.ts`;
  return [
    person(`fix the label of oven ${nth}`),
    used('Edit', { file_path, old_string: 'a', new_string: 'b' }, 'The file has been updated.'),
    refused('Bash', { command: `git push origin oven-${nth}` }, pushes[nth % pushes.length] ?? ''),
    agent('I leave the push to you.'),
  ];
}

export interface Dreamt {
  readonly folder: string;
  readonly store: string;
  readonly sessions: string;
  readonly result: DreamResult;
  readonly insights: readonly Change[];
  /** The new store, all files in one string. */
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A store about nothing that the sessions are about. */
const elsewhere = { project_office: ['The office plants are watered on Tuesdays.', 'The printer of the second floor prints on A3.'] };

export interface Given {
  readonly store?: Readonly<Record<string, readonly string[]>>;
  readonly sessions: readonly Session[];
  readonly format?: (session: Session) => string;
  readonly settings?: object;
}

/** One dream in a folder of its own, through the library. */
export async function dreamOver({ store, sessions, format, settings }: Given): Promise<Dreamt> {
  const folder = makeFolder();
  const [storeFolder, sessionFolder] = [join(folder, 'memory'), join(folder, 'sessions')];
  mkdirSync(sessionFolder);
  writeStore(storeFolder, store ?? elsewhere);
  writeSessions(sessionFolder, sessions, format ?? claudeCode);
  return dreamIn(folder, { store: storeFolder, sessions: sessionFolder }, settings);
}

/** A dream over a store and sessions that lie there, its database and output in `folder`. */
export async function dreamIn(
  folder: string,
  places: { readonly store: string; readonly sessions: string },
  settings: object = {},
  threads = 1,
): Promise<Dreamt> {
  const library = openIn(folder, { threads });
  const result = await library.dream({ store: places.store, sessions: [places.sessions], llm: 'off', ...settings });
  library.close();
  const files = readTree(result.dream.summary?.out ?? '');
  const insights = result.changes.filter(({ kind }) => kind === 'insight');
  return { folder, ...places, result, insights, files, text: Object.values(files).join('\n') };
}

/** What the insights say, those in the new store first. */
export const saying = ({ insights }: Dreamt): readonly string[] => insights.map(({ status, after }) => `${status}: ${after?.text}`);
