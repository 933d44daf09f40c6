import { createTestDatabase, inTurn } from '@techfacts/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { databaseTarget } from '../session/database-target.ts'
import { legacyProject, LEGACY_DECISIONS, prepareLegacy } from '../testing/legacy-project.ts'
import { query } from '../testing/query.ts'
import { adopt, planAdoption } from './adopt.ts'
import { parseDecisions } from './decisions.ts'
import { readReconciliation, writeReconciliation } from './reconciliation.ts'
import { rehearse } from './rehearse.ts'

/*
 * A database of years has more beside the tables of the migrations than a throw-away copy can be made with: what
 * cannot be copied is left out and named, with all that uses it, and the rehearsal goes on.
 */

let project: Awaited<ReturnType<typeof legacyProject>>

beforeAll(async () => {
  project = await legacyProject()
})

afterAll(() => project.drop())

const FUNCTION =
  'create function twice(int) returns int immutable language sql as $$ select $1 * 2 $$'

/** What others have made beside ours. */
const BESIDE: Readonly<Record<string, string>> = {
  domain: `create domain "Name" as varchar(50) collate "C" default 'x' not null constraint "Not Empty" check (value <> '');
    create domain "A name" as "Name"; create table "Odd" (n "Name", m "A name", list "Name"[])`,
  'domain of an enum': `create type mood as enum ('sad'); create domain moody as mood check (value <> 'sad'); create table feel (m moody)`,
  composite: 'create type pair as (a int, b text); create table pairs (p pair, q pair[])',
  range: 'create type span as range (subtype = time); create table spans (s span)',
  'a function in a check': `${FUNCTION}; create table odd (n int check (twice(n) > 0))`,
  'a function in a default': `${FUNCTION}; create table odd (n int default twice(2), m int references other)`,
  'a function in an index': `${FUNCTION}; create table odd (n int); create index on odd (twice(n))`,
  'a function in a generated column': `${FUNCTION}; create table odd (n int, g int generated always as (twice(n)) stored)`,
  'a serial of a table that cannot be copied': `${FUNCTION}; create table odd (id bigserial primary key, n int default twice(2))`,
  'a reference to a table that cannot be copied': `create table p (id int primary key) partition by range (id); create table q (p int references p)`,
  inheritance: 'create table up (n int); create table heir (m int) inherits (up)',
  exclusion: 'create table odd (r int4range, exclude using gist (r with &&))',
  'row security':
    'create table odd (n int); alter table odd enable row level security, force row level security; create policy p on odd using (n > 0)',
  'replica identity': `create table odd (n int primary key, m int not null unique); alter table odd replica identity using index odd_m_key;
    create table full_one (n int); alter table full_one replica identity full; create table by_key (n int primary key); alter table by_key replica identity using index by_key_pkey`,
  'unlogged, with options': `create unlogged table odd (n int, t text storage external) with (fillfactor = 70)`,
  'views and rules': `create table odd (n int); create view v as select * from odd; create materialized view mv as select * from v;
    create rule r as on insert to odd where new.n > 9 do instead nothing; create statistics s on n, (n + 1) from odd`,
  'comments and grants': `create table odd (n int); comment on table odd is 'it''s'; comment on column odd.n is 'n'; grant select on odd to public`,
  'of ours: a trigger': `${FUNCTION}; create function t() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger t before update on purchase for each row execute function t()`,
}

test.each(inTurn(Object.entries(BESIDE)))('beside ours: %s', async (_, beside) => {
  await using database = await createTestDatabase({ prepare: prepareLegacy })
  await query(database.url, `create table other (id int primary key); ${beside}`)
  const target = databaseTarget(database.url)
  const decisions = parseDecisions(LEGACY_DECISIONS)
  const found = await planAdoption(project, target, { decisions })
  if (found.plan.match.kind !== 'unknown') throw new Error('The schema is known.')
  const text = writeReconciliation(
    found.plan.match,
    found.plan.fingerprint,
    found.live,
    found.knownSchemas,
  )
  const request = {
    decisions,
    reconciliation: await readReconciliation(text, 'reconcile.sql'),
  }
  const inspection = await planAdoption(project, target, request)

  await using scratch = await createTestDatabase()
  const copy = databaseTarget(scratch.url)
  const { rows } = await rehearse(project, target, request, inspection, copy)
  expect(rows).toBeGreaterThan(0)
  await adopt(project, target, request, inspection.plan)
})
