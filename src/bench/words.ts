/** The words that made entries are put together from, by the slot of a clause that they fill. Data, and the seeded choice from it. */

/** A number from 0 up to but not including 1. */
export type Random = () => number;

/** Deterministic 32-bit generator (mulberry32): the same seed gives the same numbers on every machine. */
export function makeRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A generator of its own for entry `at`, unrelated to those of its neighbours (the numbers are mixed as MurmurHash3 does). */
export function randomAt(seed: number, at: number): Random {
  let mixed = (Math.imul(seed + 1, 0x9e3779b1) ^ at) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return makeRandom((mixed ^ (mixed >>> 16)) >>> 0);
}

export function pick<T>(list: readonly T[], random: Random): T {
  const chosen = list[Math.floor(random() * list.length)];
  if (chosen === undefined) throw new RangeError('nothing to choose from');
  return chosen;
}

const list = (text: string): readonly string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

const fields =
  list(`invoice, payment, refund, catalogue, search, checkout, basket, voucher, pricing, stock, warehouse, parcel, courier, customs,
  loyalty, newsletter, push, chat, ticket, survey, translation, subtitle, video, image, thumbnail, audio, podcast, weather, radar, satellite,
  sensor, meter, battery, charging, parking, toll, timetable, ferry, railway, cargo, fleet, booking, hotel, ticketing, seating, library, exam,
  grading, enrolment, payroll, holiday, expenses, contract, claims, premium, ledger, tax, audit, fraud, identity, session, consent, cookie,
  metrics, tracing, log, alert, backup, archive, replication, sharding, feature-flag, experiment, recommendation, ranking, crawler, sitemap,
  geocoding, map, route, telemetry, firmware, simulation, rendering, genome, pharmacy, prescription, triage, roster, kitchen, recipe, harvest`);
const parts =
  list(`service, worker, gateway, scheduler, importer, exporter, proxy, dashboard, console, mobile app, command line, plugin, daemon,
  batch job, webhook, consumer, producer, queue, cache, index, database, schema, bucket, cluster, sandbox, API, client, SDK, front end,
  back office, test suite, pipeline, simulator, notebook, parser, validator, renderer, migrator, watcher, agent`);
const teams =
  list(`platform, billing, growth, search, mobile, data, security, support, payments, logistics, research, design, infrastructure,
  partner, onboarding, compliance, localisation, analytics, reliability, identity, content, hardware, field, quality, release, accounting`);
const roles = list(`the on-call engineer, the product owner, the security officer, the release manager, the tech lead, the data steward,
  the support lead, the account manager, the office manager, the auditor, the chief architect, the scrum master, the works council,
  the vendor's engineer, the database administrator, the team assistant, the head of sales, the legal department, the new intern,
  the customer's project lead`);
const relatives = list(
  `sister, brother, mother, father, daughter, son, partner, grandmother, cousin, neighbour, flatmate, godchild, aunt, uncle`,
);
const cities =
  list(`Lisbon, Porto, Madrid, Bilbao, Lyon, Nantes, Turin, Bologna, Vienna, Graz, Zurich, Basel, Hamburg, Leipzig, Bremen, Prague,
  Brno, Warsaw, Gdansk, Vilnius, Riga, Tallinn, Helsinki, Turku, Stockholm, Malmo, Oslo, Bergen, Aarhus, Ghent, Utrecht, Dublin, Cork, Leeds,
  Glasgow, Cardiff, Athens, Patras, Sofia, Zagreb, Split, Ljubljana, Budapest, Szeged, Osaka, Kyoto, Seoul, Busan, Hanoi, Perth, Auckland,
  Toronto, Montreal, Denver, Austin, Portland, Quito, Lima, Santiago, Montevideo, Nairobi, Accra, Dakar, Rabat, Tunis`);
const tools =
  list(`Terraform, Ansible, Pulumi, Jenkins, Buildkite, CircleCI, Helm, Kustomize, Argo CD, Spinnaker, Packer, Nomad, Docker Compose,
  Podman, Bazel, Gradle, Maven, Make, Just, Nix, Chef, Puppet, Flux, Tekton, Drone, Fabric, Capistrano, Skaffold, Earthly, Dagger`);
const libraries =
  list(`Vitest, Jest, Mocha, Playwright, Cypress, pytest, Hypothesis, JUnit, React, Vue, Svelte, Solid, Angular, Express, Fastify,
  Koa, Django, Flask, FastAPI, Rails, Laravel, Spring, Ktor, Zod, Lodash, Axios, Pydantic, SQLAlchemy, Prisma, Drizzle, Hibernate, pandas,
  Polars, NumPy, PyTorch, Tailwind, Bootstrap, Webpack, Rollup, esbuild, Vite, Biome, ESLint, Prettier, Ruff, Black, mypy, Storybook`);
const stores =
  list(`PostgreSQL, MySQL, MariaDB, SQLite, DuckDB, ClickHouse, Redis, Valkey, Memcached, Kafka, RabbitMQ, NATS, Pulsar, MongoDB,
  Cassandra, ScyllaDB, Elasticsearch, OpenSearch, Qdrant, Neo4j, etcd, Consul, S3, MinIO, BigQuery, Snowflake, InfluxDB, TimescaleDB`);
const languages = list(
  `TypeScript, Python, Go, Rust, Kotlin, Java, Swift, Ruby, Elixir, Scala, Haskell, OCaml, Zig, C#, PHP, Lua, Julia, Dart`,
);
const drinks = list(`black coffee, green tea, oat milk cappuccino, peppermint tea, tomato juice, ginger ale, sparkling water, hot chocolate,
  rooibos, lemonade, espresso, chai, kombucha, buttermilk, apple spritzer, iced tea`);
const dishes =
  list(`lentil soup, mushroom risotto, ramen, falafel, potato gratin, paella, dumplings, ratatouille, pad thai, spinach lasagne, bibimbap,
  shakshuka, goulash, tacos, chickpea curry, pierogi, fish pie, moussaka, pumpkin gnocchi, kimchi stew, borscht, okonomiyaki`);
const sports =
  list(`bouldering, rowing, fencing, swimming, orienteering, judo, table tennis, volleyball, trail running, sailing, yoga, badminton,
  archery, ice hockey, ballroom dancing, pottery, choir, chess, beekeeping, gardening, astronomy, cello, photography, carpentry`);
const allergens =
  list(`peanuts, walnuts, shellfish, gluten, lactose, soy, celery, mustard, sesame, strawberries, cat hair, birch pollen, penicillin,
  latex, wasp stings, house dust`);
const rooms =
  list(`Aurora, Basalt, Cedar, Delta, Ember, Fjord, Granite, Harbour, Indigo, Juniper, Kestrel, Lagoon, Maple, Nimbus, Orchid, Pebble,
  Quartz, Raven, Sequoia, Tundra, Umber, Violet, Willow, Zephyr`);
const weekdays = list(`Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday`);
const months = list(`January, February, March, April, May, June, July, August, September, October, November, December`);
const places =
  list(`staging, production, the test environment, the preview cluster, the Frankfurt region, the Oregon region, the old data centre,
  developer laptops, the nightly build, the demo system, the load-test rig, the disaster-recovery site`);
const events = list(`a certificate expires, a customer files a complaint, the nightly build turns red, an export is larger than usual,
  two releases overlap, the disk fills up, a pull request touches the schema, traffic doubles, a vendor changes its prices, a laptop is lost,
  the queue backs up, somebody new joins, a test becomes flaky, the clocks change, the quarter ends, a request times out, a key is rotated,
  the mirror falls behind, an answer contains personal data, the office network is down, a branch is older than a month, the budget is used up,
  a page loads slowly, the fire alarm is tested, a partner asks for a demo, an index is rebuilt`);
const causes = list(`the vendor limits calls, older clients break otherwise, the last outage took a whole night, the auditors asked for it,
  memory runs short there, the licence does not allow more, two people were paged for nothing, the logs became unreadable,
  half of the users are in another time zone, the previous one was never maintained, customers read it on their phones,
  a rollback takes far too long, the numbers did not add up, the regulator insists, nobody noticed the failure for days,
  reviews went much faster, it keeps the bill low, the hardware is being replaced, the contract ends soon, it was decided by vote,
  the documentation was out of date, screen readers stumble over it, the first attempt lost data, cold starts hurt,
  merges kept clashing, the tests became flaky, support cannot follow it otherwise, the translators need a week`);
const meetings =
  list(`the planning meeting, the retrospective, the architecture forum, the incident review, the budget round, the all-hands, the design critique,
  the security briefing, the hiring committee, the roadmap workshop, the steering group, the customer advisory board`);
const quarters = list(
  `old, northern, southern, university, harbour, market, railway, cathedral, garden, brewery, river, museum, theatre, textile, mill`,
);
const fileNames = list(`report, config, schema, rules, notes, limits, alerts, fixtures`);
const letters = list(`OPS, WEB, SEC, PAY, DATA, INF, APP, DOC, QA, NET, HR, LAB`);

const between = (random: Random, least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
const two = (value: number): string => String(value).padStart(2, '0');

/** What may stand in a slot, by its name in a clause. */
export const fillers = {
  thing: (random) => `the ${pick(fields, random)} ${pick(parts, random)}`,
  file: (random) => `${pick(fields, random)}/${pick(fields, random)}_${pick(fileNames, random)}.yaml`,
  host: (random) => `${pick(fields, random)}-${two(between(random, 1, 60))}.internal`,
  team: (random) => `the ${pick(teams, random)} team in ${pick(cities, random)}`,
  role: (random) => pick(roles, random),
  relative: (random) => `my ${pick(relatives, random)} from ${pick(cities, random)}`,
  city: (random) => pick(cities, random),
  tool: (random) => pick(tools, random),
  library: (random) => pick(libraries, random),
  store: (random) => pick(stores, random),
  language: (random) => pick(languages, random),
  drink: (random) => pick(drinks, random),
  dish: (random) => pick(dishes, random),
  sport: (random) => pick(sports, random),
  club: (random) => `the ${pick(sports, random)} club in ${pick(cities, random)}`,
  quarter: (random) => `the ${pick(quarters, random)} quarter of ${pick(cities, random)}`,
  allergen: (random) => pick(allergens, random),
  room: (random) => pick(rooms, random),
  weekday: (random) => pick(weekdays, random),
  month: (random) => pick(months, random),
  date: (random) => `${between(random, 1, 28)} ${pick(months, random)}`,
  time: (random) => `${two(between(random, 6, 22))}:${pick(['00', '15', '30', '45'], random)}`,
  minutes: (random) => `${between(random, 2, 90)} minutes`,
  seconds: (random) => `${between(random, 2, 300)} seconds`,
  days: (random) => `${between(random, 2, 120)} days`,
  size: (random) => `${between(random, 2, 900)} ${pick(['MB', 'GB'], random)}`,
  count: (random) => String(between(random, 2, 400)),
  percent: (random) => `${between(random, 2, 99)} %`,
  port: (random) => String(between(random, 1100, 9900)),
  version: (random) => `${between(random, 1, 24)}.${between(random, 0, 19)}.${between(random, 0, 9)}`,
  price: (random) => `${between(random, 12, 990)} euros`,
  place: (random) => pick(places, random),
  event: (random) => pick(events, random),
  cause: (random) => pick(causes, random),
  meeting: (random) => pick(meetings, random),
  series: (random) => `${pick(meetings, random)} of the ${pick(teams, random)} team in ${pick(cities, random)}`,
  ticket: (random) => `${pick(letters, random)}-${between(random, 100, 9999)}`,
} as const satisfies Readonly<Record<string, (random: Random) => string>>;

export type Slot = keyof typeof fillers;

export function isSlot(name: string): name is Slot {
  return name in fillers;
}
