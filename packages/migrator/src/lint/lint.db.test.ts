import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { diffCatalogs } from '../catalog/index.ts'
import type { Check } from '../migration.ts'
import { parseSql } from '../sql/parse.ts'
import { readSchema } from '../testing/database.ts'
import type { Hazard } from './hazards.ts'
import { lint, type LintFinding } from './lint.ts'
import type { Rule } from './rule.ts'
import { RULES } from './rules/index.ts'
import { readLintSettings } from './settings.ts'

/**
 * The example of every rule, on a real server: the unsafe one is found, the safe one passes every rule, both run, and
 * both end at the same schema, or the example says why not.
 */

const SETTINGS = readLintSettings(undefined)

/** What a rule's example comes to: statements, and what is counted before them. */
interface Case {
  readonly statements: readonly string[]
  readonly requires: readonly Check[]
  readonly isTransactional: boolean
}

async function split(sql: string): Promise<string[]> {
  return (await parseSql(sql)).map((one) => one.sql)
}

async function readUnsafe({ example }: Rule): Promise<Case> {
  return { statements: await split(example.unsafe), requires: [], isTransactional: true }
}

/** The one that the example has, or what the finding says in its place. */
async function readSafe({ example }: Rule, found: LintFinding | undefined): Promise<Case> {
  if (example.safe === undefined) {
    const { corrected } = found ?? {}
    if (!corrected) throw new Error('neither has the example a safe form, nor the finding')
    return corrected
  }
  const requires = example.requires ? [example.requires] : []
  return { statements: await split(example.safe), requires, isTransactional: !example.isAlone }
}

async function judge(rule: Rule, { statements, requires, isTransactional }: Case) {
  const { given, isExpand, isPlainFile } = rule.example
  const isPlain = rule.isOfPlainFiles || isPlainFile
  const migration = { isTransactional, requires, isContract: !isExpand }
  const before = { name: 'before', texts: [given], isOnlyKnown: true }
  return lint(
    [before, { name: 'script', texts: statements, ...(!isPlain && { migration }) }],
    SETTINGS,
  )
}

/** What PostgreSQL says that it goes through. */
const WORK = /^(rewriting|verifying) table|^building index |^validating foreign key/

async function run(rule: Rule, { statements, requires }: Case) {
  const database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query(rule.example.given)
  const counts: unknown[] = []
  for (const { query } of requires)
    counts.push(...(await client.query({ text: query, rowMode: 'array' })).rows.flat())
  await client.query('set client_min_messages = debug1')
  const work: string[] = []
  let doing = ''
  client.on('notice', ({ message = '' }) => {
    // A build CONCURRENTLY and a validation stop nobody.
    const isBeside = /concurrently|validate constraint/.test(doing)
    if (WORK.test(message) && !isBeside) work.push(message)
  })
  let code: string | undefined
  for (const sql of statements) {
    doing = sql
    code ??= await client.query(sql).then(
      () => undefined,
      (error: { code: string }) => error.code,
    )
  }
  await client.end()
  const { differs, fails } = rule.example
  const isCompared = differs === undefined && fails === undefined
  const catalog = isCompared ? await readSchema(database.url) : { objects: [] }
  await database.drop()
  return { code, catalog, counts, work }
}

async function readMajor(): Promise<number> {
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query(
    "select current_setting('server_version_num')::int / 10000 as major",
  )
  await client.end()
  return rows[0].major
}

const GOING_THROUGH = new Set<Hazard>(['table-rewrite', 'full-scan-under-lock'])

/** PostgreSQL has no message for the tables that it reads for a domain. */
const SILENT = new Set(['domain-constraint-scans'])

const major = await readMajor()
const runnable = RULES.filter(({ example }) => (example.since ?? 0) <= major)

test.each(runnable.map((rule) => [rule.id, rule] as const))('%s', async (id, rule) => {
  const { fails, failsUntil18 } = rule.example
  const unsafe = await readUnsafe(rule)
  const found = await judge(rule, unsafe)
  expect(found.map((one) => one.rule)).toContain(id)
  const safe = await readSafe(
    rule,
    found.find((one) => one.rule === id),
  )
  expect(await judge(rule, safe)).toEqual([])
  const [bad, good] = [await run(rule, unsafe), await run(rule, safe)]
  expect([bad.code, good.code]).toEqual([
    failsUntil18 && major >= 18 ? undefined : fails,
    undefined,
  ])
  // Where the rule says that rows are read or written again, PostgreSQL says so, too.
  const isWork = GOING_THROUGH.has(rule.hazards[0]) && fails === undefined && !SILENT.has(id)
  expect(isWork ? [bad.work.length > 0, good.work] : [true, []]).toEqual([true, []])
  expect(good.counts.filter((count) => count !== '0')).toEqual([])
  expect(diffCatalogs(good.catalog, bad.catalog)).toEqual([])
})

const WORKED = `create domain positive as int check (value > 0); create domain plain as int; create domain label as text;
  create domain keyed as uuid default gen_random_uuid(); create domain three as int default 3;
  create table t (id int, v varchar(10), d plain, c text collate "C", k varchar(10) check (k <> ''), n varchar(10), at timestamp, b bit(4),
    e varchar(10), i interval(6), z varchar(10)[], x int, y int, w varchar(10), check (y is not null) not valid, exclude using btree (w with =) where (id is null));
  insert into t values (1, 'a', 2, 'c', 'k', 'n', now(), '1010', 'e', '1 day', '{a}', 1, 1, 'w');
  alter table t add constraint t_n check (n <> '') not valid, add constraint t_x check (x is not null);
  create index t_c on t (c); create index t_at on t (at); create index t_b on t (b); create index t_n_i on t (n); create index t_id on t (id) include (n);
  create index t_e on t (lower(e)); create index t_x on t (id) where x > 3;
  create table p (id int, at date not null) partition by range (at); create index p_id on p (id); create table p1 partition of p for values from ('2026-01-01') to ('2026-02-01');
  create table q (like p, check (at >= '2026-03-01' and at < '2026-04-01')); create index q_id on q (id);
  create table q2 (like p including all); alter table q2 add check (at between '2026-03-05' and '2026-03-31');
  create table l (id int) partition by list (id); create table l0 partition of l default; insert into l values (1);
  create table m (id int) partition by list (id); create table m0 partition of m default; insert into m values (1); alter table m0 add check (id <> 9)`

/** Commands of `alter table t`, or statements; and whether rows are read or written again under its lock, or indexes built. */
const WORKS: readonly (readonly [sql: string, isWork: boolean])[] = [
  ["add column q text default md5('x')", false],
  ['add column q timestamptz not null default pg_catalog.now()', false],
  ['add column q float default random()', true],
  ['add column q positive', true],
  ['add column q positive[]', false],
  ['add column q plain default 3', false],
  ['add column q keyed', true],
  ['add column q keyed default null', false],
  ['add column q three', false],
  ['alter d type int', false],
  ['alter d type bigint', true],
  ['alter v type label', false],
  ['alter v type text using v', false],
  ['alter v type text using (t.v)', false],
  ["alter v type text using v || ''", true],
  ['alter v type varchar(20)', false],
  // Of an array only the length of its values may go.
  ['alter z type varchar[]', false],
  ['alter z type text[]', true],
  ['alter z type varchar(20)[]', true],
  ['alter i type interval', false],
  ['alter i type interval(3)', true],
  ['alter i type interval day to second', false],
  ['alter at type timestamp(6)', false],
  // No row is written again, but indexes are built again.
  ['alter c type text', true],
  ['alter c type varchar collate "C"', false],
  ['alter c type text collate "POSIX"', true],
  ['alter n type varchar(20)', false],
  ['alter n type text', false],
  ['alter e type varchar(20)', true],
  ['alter w type varchar(20)', true],
  ['alter x type int', true],
  ['alter b type bit varying', true],
  ["set local timezone = 'UTC'; alter table t alter at type timestamptz", true],
  // CHECKs are held against every row again.
  ['alter k type varchar(20)', true],
  ['alter k type varchar(20), drop constraint t_k_check', false],
  ["alter k type text, drop constraint t_k_check, add check (k <> '') not valid", false],
  // What is dropped in the same statement proves nothing; what is made with its table is valid.
  ['alter x set not null', false],
  ['alter x set not null, drop constraint t_x', true],
  ['drop constraint t_x, alter x set not null', true],
  ['alter y set not null', false],
  ['create index on only t (v)', true],
  // Of a partition, the CHECKs that say what its bounds say, and the indexes that are there, spare its rows.
  ["alter table p attach partition q for values from ('2026-03-01') to ('2026-04-01')", false],
  ["alter table p attach partition q2 for values from ('2026-03-01') to ('2026-04-01')", false],
  ["alter table p attach partition q for values from ('2026-03-01') to ('2026-05-01')", false],
  ["alter table p attach partition q for values from ('2026-03-02') to ('2026-04-01')", true],
  [
    "drop index q_id; alter table p attach partition q for values from ('2026-03-01') to ('2026-04-01')",
    true,
  ],
  ['create table l9 (id int); alter table l attach partition l9 for values in (9)', true],
  [
    'create table m9 (id int check (id = 9) not null); alter table m attach partition m9 for values in (9)',
    false,
  ],
]

test('what is found works on rows, and what is not does not', async () => {
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query(WORKED)
  await client.query("set client_min_messages = debug1; set timezone = 'Asia/Tokyo'")
  const work: string[] = []
  client.on('notice', ({ message = '' }) => {
    if (WORK.test(message) && !message.includes('pg_toast')) work.push(message)
  })
  const given = { name: 'given', texts: [WORKED], isOnlyKnown: true }
  const said: unknown[] = []
  for (const [text] of WORKS) {
    const sql = /^(set|create|alter table|drop index)/.test(text) ? text : `alter table t ${text}`
    const migration = { isTransactional: false, isContract: true }
    const found = await lint([given, { name: 'm', texts: [sql], migration }], SETTINGS)
    work.length = 0
    await client.query(`begin; ${sql}; rollback`)
    said.push([text, found.some(({ level }) => level === 'error'), work.length > 0])
  }
  await client.end()
  expect(said).toEqual(WORKS.map(([text, isWork]) => [text, isWork, isWork]))
})

const CONCURRENT = `create table t (id int primary key, a int, during daterange, exclude using gist (during with &&));
  create index t_a on t (a); create index t_a_id on t (a, id); create materialized view m as select id from t; create unique index m_id on m (id);
  create materialized view e as select id from t with no data; create unique index e_id on e (id);
  create materialized view k as select id from t; create unique index k_id on k ((id + 1)); create unique index k_some on k (id) where id > 1;
  create table p (id int) partition by range (id); create index p_id on p (id);
  create table p1 partition of p for values from (1) to (2); create table p0 partition of p default;`

test.each([
  ['drop index concurrently t_a, t_a_id', '0A000'],
  ['drop index concurrently t_a cascade', '0A000'],
  ['drop index concurrently t_pkey', '2BP01'],
  ['drop index concurrently t_during_excl', '2BP01'],
  ['drop index concurrently p_id', '0A000'],
  ['create index concurrently on pg_catalog.pg_class (relpages)', '42501'],
  ['create index concurrently p_i on p (id)', '0A000'],
  ['reindex table concurrently pg_catalog.pg_class', '0A000'],
  ['reindex index concurrently pg_catalog.pg_class_oid_index', '0A000'],
  ['reindex index concurrently t_during_excl', '0A000'],
  ['refresh materialized view concurrently m with no data', '42601'],
  ['refresh materialized view concurrently e', '0A000'],
  ['refresh materialized view concurrently k', '55000'],
  ['alter table p detach partition p1 concurrently', '55000'],
  ['drop index concurrently t_a', undefined],
  ['reindex table concurrently p', undefined],
  ['refresh materialized view concurrently m', undefined],
])('%s is refused: %s', async (sql, code) => {
  const migration = { isTransactional: false, isContract: true }
  const given = { name: 'given', texts: [CONCURRENT], isOnlyKnown: true }
  const found = await lint([given, { name: 'm', texts: [sql], migration }], SETTINGS)
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query(CONCURRENT)
  const refusal = await client.query(sql).then(
    () => undefined,
    (error: { code: string }) => error.code,
  )
  await client.end()
  const isFound = found.some(({ hazards: [hazard] }) => hazard === 'refused')
  expect([refusal, isFound]).toEqual([code, code !== undefined])
})

const TABLES = `create table r (id bigint primary key); insert into r values (1);
  create table t (id bigint primary key, a int, b text, r_id bigint);
  insert into t values (1, 1, 'a', 1), (2, 2, 'b', null);
  create index t_a on t (a); create index t_b on t (b); create index t_r_id on t (r_id);
  create table p (id bigint, a int, constraint p_key unique (id)) partition by range (id);
  create table p1 partition of p for values from (minvalue) to (maxvalue); create index p_a on p (a)`

/** A script, and rules that it breaks when the statements that lint writes out are in the place of those that it has found. */
test.each([
  [
    'alter table t add column x int, add check (x > 0), add foreign key (r_id) references r, add unique (b)',
  ],
  ['alter table t add check (x > 0), alter x set not null, add column x int default 1'],
  [
    'alter table t add check (a > 0); alter table t add check (a > -1), add constraint t_a_check2 check (a < 9)',
  ],
  [
    'alter table t add column x int; alter table public.t add constraint c check (x > 0), alter x drop default',
  ],
  [
    'alter table public.t add column x int default 3; alter table t alter x set not null; create unique index i on t (x, id)',
  ],
  ["alter table t add constraint c check (b <> ''); alter table t alter b type varchar"],
  ['alter table t rename a to z; alter table t add constraint c check (z > 0)'],
  ["alter table t add constraint c check (a > 0), add constraint d check (b <> '--') -- both"],
  ['drop index t_a, t_b; drop index t_r_id -- unused'],
  [
    'drop index p_a; create index p_a on p (a); alter table p add constraint c check (a > 0), add foreign key (id) references r',
    'drop-index-blocks',
  ],
  ['alter table if exists nothing add constraint c check (a > 0)', 'check-scans'],
])('corrected, it runs: %s', async (sql, ...left) => {
  const statements = await split(sql)
  const migration = { isTransactional: false, isContract: true }
  const scripts = [
    { name: 'given', texts: [TABLES], isOnlyKnown: true },
    { name: 'm', texts: statements, migration },
  ]
  const found = await lint(scripts, SETTINGS)
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query(TABLES)
  const corrections = statements.map(
    (one) => found.find((f) => f.statement === one && f.corrected)?.corrected,
  )
  const counts = corrections.flatMap((one) => one?.requires ?? []).map(({ query }) => query)
  for (const query of counts)
    expect((await client.query({ text: query, rowMode: 'array' })).rows).toEqual([['0']])
  const texts = statements.flatMap((one, n) => corrections[n]?.statements ?? [one])
  for (const text of texts) await client.query(text)
  await client.end()
  const again = await lint([...scripts.slice(0, 1), { name: 'm', texts, migration }], SETTINGS)
  expect(again.flatMap(({ level, rule }) => (level === 'error' ? [rule] : []))).toEqual(left)
})
