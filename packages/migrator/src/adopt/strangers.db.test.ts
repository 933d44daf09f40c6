import { briefly, createTestDatabase, inTurn, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { databaseTarget } from '../session/database-target.ts'
import { LEGACY_DECISIONS, legacyProject, prepareLegacy } from '../testing/legacy-project.ts'
import { query } from '../testing/query.ts'
import { createRole, type TestRole } from '../testing/roles.ts'
import { adopt, parseDecisions, planAdoption, rehearse } from './index.ts'
import { readReconciliation, writeReconciliation } from './reconciliation.ts'

/*
 * A role that may create in public, and that nobody trusts. A sequence counts beyond every rollback: it is advanced
 * where code of that role runs as another one.
 */

const DECISIONS = parseDecisions(LEGACY_DECISIONS)

let project: Awaited<ReturnType<typeof legacyProject>>
let database: TestDatabase
let mallory: TestRole

beforeAll(async () => {
  project = await legacyProject()
})

afterAll(() => project.drop())

beforeEach(async () => {
  database = await createTestDatabase({ prepare: prepareLegacy })
  mallory = await createRole(database.url)
  await sql(`grant create, usage on schema public to ${mallory.name};
    grant references, trigger, select on customer, purchase, line to ${mallory.name};
    create sequence sprung; grant all on sequence sprung to public`)
  await asMallory(`
    create function trap() returns boolean language plpgsql immutable as $$ begin
      if current_user <> '${mallory.name}' then perform nextval('public.sprung'); end if;
      return true; end $$;
    create function trapped(int) returns int language plpgsql immutable as $$ begin
      perform public.trap(); return $1; end $$;
    create function spring() returns trigger language plpgsql as $$ begin
      perform public.trap(); return coalesce(new, old); end $$`)
})

afterEach(async () => {
  await mallory.drop()
  await database.drop()
})

const sql = (text: string) => query<Record<string, unknown>>(database.url, text)
const asMallory = (text: string) => query(mallory.url, text)

/** Plans it with a reconciliation that keeps what no migration makes. */
async function planReconciled() {
  const target = databaseTarget(database.url)
  const { plan, live, knownSchemas } = await planAdoption(project, target, { decisions: DECISIONS })
  if (plan.match.kind !== 'unknown') throw new Error(`The database is ${plan.match.kind}.`)
  const text = writeReconciliation(plan.match, plan.fingerprint, live, knownSchemas)
  const reconciliation = await readReconciliation(text, 'reconcile.sql')
  return { target, request: { decisions: DECISIONS, reconciliation }, plan }
}

const hasSprung = async () => (await sql('select is_called as it from sprung'))[0]?.['it']

/** What stands in the way of an adoption: made by mallory, or by the owner of the database with mallory's code. */
const TRAPS: Readonly<Record<string, { by?: 'owner'; sql: string; code?: 'PATH_UNTRUSTED' }>> = {
  'a trigger on a table of the application': {
    sql: 'create trigger t before insert or update or delete on purchase for each row execute function spring()',
  },
  'a trigger on a table that gets a placeholder': {
    sql: 'create trigger t after insert on customer execute function spring()',
  },
  'an index': { by: 'owner', sql: 'create index i on purchase (trapped(id))' },
  'a partial index': { by: 'owner', sql: 'create index i on purchase (id) where trap()' },
  'a check': { by: 'owner', sql: 'alter table purchase add constraint c check (trap()) not valid' },
  'a default': { by: 'owner', sql: 'alter table customer add n int default trapped(1)' },
  'a generated column': {
    by: 'owner',
    sql: 'alter table customer add n int generated always as (trapped(id)) stored',
  },
  'a rule': {
    by: 'owner',
    sql: 'create rule r as on update to purchase do also select trap()',
  },
  'a policy': {
    by: 'owner',
    sql: 'create policy p on purchase using (trap()); alter table purchase enable row level security',
  },
  'a table whose rows belong to a row of the application': {
    sql: 'create table theirs (purchase_id int references purchase); create index on theirs (trapped(purchase_id))',
  },
  'a partition': {
    by: 'owner',
    sql: 'create table part () inherits (line); alter table part owner to MALLORY',
  },
  'a function that takes a row of the application': {
    code: 'PATH_UNTRUSTED',
    sql: `create function to_jsonb(purchase) returns jsonb language sql as $$ select case when trap() then '{}'::jsonb end $$`,
  },
  'an operator for PostgreSQL’s own types': {
    code: 'PATH_UNTRUSTED',
    sql: `create function same(varchar, varchar) returns boolean language sql as $$ select trap() $$;
      create operator = (function = same, leftarg = varchar, rightarg = varchar)`,
  },
  'an overload of a function': {
    code: 'PATH_UNTRUSTED',
    sql: 'create function lower(varchar) returns text language sql as $$ select trap()::text $$',
  },
  'a table': { by: 'owner', sql: 'create table x (id int); alter table purchase owner to MALLORY' },
}

const traps = inTurn(Object.entries(TRAPS))

/** What is put on a column of a type of mallory's that the owner of the database uses. */
const TYPES: Readonly<Record<string, string>> = {
  'a domain': `create domain mood as text check (trap())`,
  'a composite': `create domain d as text check (trap()); create type mood as (d d)`,
  'an enum with a cast': `create type mood as enum ('x');
    create function as_json(mood) returns json language sql as $$ select case when trap() then '{}'::json end $$;
    create cast (mood as json) with function as_json(mood)`,
}

/** Plans and adopts; returns how that ended, with what is there afterwards. */
async function attempt() {
  await sql('alter sequence sprung restart')
  const { target, request, plan } = await planReconciled()
  const outcomes = await Promise.allSettled([
    planAdoption(project, target, request),
    adopt(project, target, request, plan),
  ])
  const [{ schema } = {}] = await sql(`select to_regnamespace('migrator') as schema`)
  return { outcomes, hasSprung: await hasSprung(), schema }
}

/** Neither the plan nor the adoption ran anything, and both name the role. */
function refused(code = 'ADOPTION_UNTRUSTED') {
  const message = expect.stringContaining(`belongs to "${mallory.name}"`)
  const reason = expect.objectContaining({ code, exit: 3, message })
  const outcome = { status: 'rejected', reason }
  return { hasSprung: false, outcomes: [outcome, outcome], schema: null }
}

describe('an adoption runs nothing of a role that is not trusted', () => {
  test.each(briefly(traps))('%s', async (_, trap) => {
    const text = trap.sql.replace('MALLORY', mallory.name)
    await (trap.by ? sql(text) : asMallory(text))
    expect(await attempt()).toEqual(refused(trap.code))
  })

  test.each(inTurn(Object.entries(TYPES)))('%s', async (_, type) => {
    await asMallory(type)
    await sql('alter table purchase add mood mood')
    expect(await attempt()).toEqual(refused())
  })
})

test('another tool’s ledger of a role that is not trusted is not read', async () => {
  await asMallory('create view schema_migrations as select trapped(1) as version')
  await sql('alter sequence sprung restart')
  const { plan } = await planReconciled()
  expect(plan.otherLedgers).toEqual([
    expect.objectContaining({ rows: [], untrustedOwner: mallory.name }),
  ])
  expect(await hasSprung()).toBe(false)
})

test(
  'what such a role owns beside the application is kept, and no rehearsal reads or copies it',
  { tags: 'long' },
  async () => {
    await asMallory(`create table theirs (id int primary key, other int unique, check (trap()));
    create index on theirs (trapped(id)); insert into theirs values (1, 1);
    create table spy (id int check (query_to_xml('select nextval(''sprung'')', true, true, '') is not null))`)
    await sql('alter sequence sprung restart')
    const { target, request } = await planReconciled()
    const inspection = await planAdoption(project, target, request)
    await using scratch = await createTestDatabase()
    const rehearsal = await rehearse(
      project,
      target,
      request,
      inspection,
      databaseTarget(scratch.url),
    )
    expect(rehearsal.uncopied).toEqual(
      expect.arrayContaining(['table public.theirs', 'table public.spy']),
    )
    await adopt(project, target, request, inspection.plan)
    expect(await hasSprung()).toBe(false)
    expect(await sql('select count(*)::int as n from purchase')).toEqual([{ n: 7 }])
  },
)
