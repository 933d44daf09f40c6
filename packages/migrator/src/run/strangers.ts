import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { TRUSTED } from '../journal/trust.ts'
import type { Statement, TableLock } from '../migration.ts'
import { meantBy, type MeantLock } from '../locks/lock-targets.ts'
import { plannedStatements, type Plan } from '../plan/plan.ts'
import { asAuthor } from '../session/author.ts'
import { askAgain } from '../session/prepared.ts'
import { isConnectionLost } from '../session/connect.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import { quoteName } from '../sql/quote-name.ts'

/*
 * A relation runs the code of whoever owns it, or owns what belongs to it, as the role that uses it. So a migration names
 * none that leads to a role without trust, and what it wrote without naming it is not committed. A role that the migration
 * itself acts as (SET ROLE) is trusted by its author.
 */

interface Stranger {
  /** As PostgreSQL describes it: `table t`. */
  readonly object: string
  readonly owner: string
  /** The current role. */
  readonly me: string
}

/**
 * Before a run: the relations that its statements read or write, with all that this runs, belong to trusted roles. It looks
 * only at the catalog, and takes no lock. Throws OBJECT_UNTRUSTED.
 */
export async function refuseStrangersNamed(client: pg.ClientBase, plan: Plan): Promise<void> {
  const roles = await rolesIn(client, plan)
  actedAs.set(client, roles)
  const locks = await namesIn(client, plan)
  const found = locks.filter((lock) => lock.found !== null && lock.through !== 'schema')
  if (found.length === 0) return
  const { rows } = await client.query<Stranger>(NAMED, [
    oids(found.filter(({ through }) => through !== 'domain')),
    oids(found.filter(({ through }) => through === 'domain')),
    oids(found.filter(({ mode }) => mode === 'ROW EXCLUSIVE' || mode === 'ACCESS EXCLUSIVE')),
    roles,
  ])
  refuse(rows, 'Nothing was done.')
}

export interface StrangersRelation extends Stranger {
  readonly oid: number
}

/** The relations with rows that belong to a role without trust now. On the migrator's side. */
export async function readStrangersRelations(
  client: pg.ClientBase,
): Promise<readonly StrangersRelation[]> {
  return (await askAgain<StrangersRelation>(client, RELATIONS, [actedAs.get(client) ?? []])).rows
}

/**
 * Before the record of a segment: its transaction wrote none of the relations that belonged to a role without trust before
 * it. Code of theirs may have changed owners and rights since, and no lock. On the migrator's side. Throws OBJECT_UNTRUSTED.
 */
export async function refuseWritten(
  client: pg.ClientBase,
  before: readonly StrangersRelation[],
): Promise<void> {
  if (before.length === 0) return
  const { rows } = await client.query<{ oid: number }>(WRITTEN, [before.map(({ oid }) => oid)])
  const written = before.filter((one) => rows.some(({ oid }) => oid === one.oid))
  refuse(written, 'The transaction was rolled back.')
}

const oids = (locks: readonly MeantLock[]) => locks.map(({ found }) => found)

/** The roles that the texts of a plan act as, read before any of it has run: so no code of others has a part in it. */
const actedAs = new WeakMap<pg.ClientBase, readonly string[]>()

/** By SET ROLE and its like. What cannot be set yet owns nothing. */
async function rolesIn(client: pg.ClientBase, plan: Plan): Promise<readonly string[]> {
  const roles = new Set<string>()
  const setAll = async (settings: readonly Statement[]) => {
    for (const { sql } of settings) {
      await client.query(sql)
      const { rows } = await client.query<{ role: string }>(
        'select current_user::pg_catalog.text as role',
      )
      for (const { role } of rows) roles.add(role)
    }
  }
  for (const statements of plannedStatements(plan)) {
    const settings = statements.filter(({ isSet, setsLocally }) => isSet || setsLocally === true)
    if (!settings.some(({ sql }) => /role|authorization/i.test(sql))) continue
    const look = () => asAuthor(client, () => setAll(settings))
    await inRolledBackTransaction(client, look).catch(nothingUnlessLost)
  }
  return [...roles]
}

/** What the names mean where each migration begins, under what it sets itself. Migrations that set nothing are read together. */
async function namesIn(client: pg.ClientBase, plan: Plan): Promise<MeantLock[]> {
  const all = plannedStatements(plan).map((statements) =>
    statements.map((one) => ({ ...one, locks: one.locks.filter((lock) => mayRunCode(one, lock)) })),
  )
  const isSetting = (one: (typeof all)[number]) => one.some(({ isSet }) => isSet)
  const groups = [all.filter((one) => !isSetting(one)).flat(), ...all.filter(isSetting)]
  const meant: MeantLock[] = []
  for (const statements of groups) {
    if (statements.every(({ locks }) => locks.length === 0)) continue
    const look = () => meantBy(client, { settings: [], statements })
    meant.push(...(await inRolledBackTransaction(client, look).catch(nothingUnlessLost)))
  }
  return meant
}

/** Reads, writes, and work on rows. To add a column or to drop a table runs nothing that belongs to it. */
function mayRunCode({ dataLosses }: Statement, { mode, work }: TableLock): boolean {
  const isWeak = mode === 'ACCESS SHARE' || mode === 'ROW SHARE' || mode === 'ROW EXCLUSIVE'
  return isWeak || work !== undefined || dataLosses.some(({ what }) => what === 'truncate')
}

/** The segment itself reports what is wrong with a setting or a name. */
function nothingUnlessLost(error: unknown): MeantLock[] {
  if (isConnectionLost(error)) throw error
  return []
}

function refuse([found]: readonly Stranger[], after: string): void {
  if (!found) return
  const { object, owner, me } = found
  const run = `grant ${quoteName(owner)} to ${quoteName(me)}`
  throw failure('OBJECT_UNTRUSTED', { object, owner, me, after, run })
}

/**
 * What an object uses; its parts (defaults, constraints, indexes, triggers, rules, policies), partitions and casts; and, where
 * rows are written, the tables whose rows move with them by a foreign key. A foreign key is checked as the tables' owners.
 */
const NEXT = `
    select next.* from reached cross join lateral (
      select refclassid as class, refobjid as object, false as is_written from pg_depend
       where (classid, objid) = (reached.class, reached.object)
         and not exists (select from pg_constraint where oid = reached.object and reached.class = 'pg_constraint'::regclass and contype = 'f')
      union all
      select classid, objid, false from pg_depend
       where (refclassid, refobjid) = (reached.class, reached.object)
         and refclassid in ('pg_class'::regclass, 'pg_type'::regclass)
         and (deptype in ('a', 'i') or classid = 'pg_cast'::regclass)
      union all
      select reached.class, inhrelid, reached.is_written from pg_inherits
       where inhparent = reached.object and reached.class = 'pg_class'::regclass
      union all
      select reached.class, conrelid, true from pg_constraint
       where confrelid = reached.object and reached.class = 'pg_class'::regclass and reached.is_written
         and contype = 'f' and (confdeltype in ('c', 'n', 'd') or confupdtype in ('c', 'n', 'd'))) as next`

/** A sequence and an enum run no code, and an array what its elements run. */
const NAMED = `
  with recursive ${TRUSTED}, reached as (
    select 'pg_class'::regclass::oid as class, oid as object, oid = any ($3::oid[]) as is_written
      from unnest($1::oid[]) as oid
    union select 'pg_type'::regclass, oid, false from unnest($2::oid[]) as oid
    union ${NEXT}
  )
  select pg_describe_object(class, object, 0) as object, pg_get_userbyid(owner) as owner, current_user as me
    from reached join (
      select 'pg_class'::regclass::oid as class, oid as object, relowner as owner from pg_class where relkind in ('r', 'p', 'f', 'v', 'm')
      union all select 'pg_namespace'::regclass, oid, nspowner from pg_namespace
      union all select 'pg_type'::regclass, oid, typowner from pg_type where typtype <> 'e' and typcategory <> 'A'
      union all select 'pg_proc'::regclass, oid, proowner from pg_proc
      union all select 'pg_operator'::regclass, oid, oprowner from pg_operator) as owned using (class, object)
   where owner not in (table trusted) and pg_get_userbyid(owner) <> all ($4)
   order by class <> 'pg_class'::regclass, class, 1 limit 1`

const RELATIONS = `
  with recursive ${TRUSTED}
  select oid, pg_describe_object('pg_class'::regclass, oid, 0) as object, pg_get_userbyid(relowner) as owner, current_user as me
    from pg_class where relkind in ('r', 'p', 'f', 'v') and relowner not in (table trusted)
     and pg_get_userbyid(relowner) <> all ($1) order by 2`

const WRITTEN = `
  select relation as oid from pg_locks
   where pid = pg_backend_pid() and mode = 'RowExclusiveLock' and relation = any ($1::oid[])
     and database = (select oid from pg_database where datname = current_database())`
