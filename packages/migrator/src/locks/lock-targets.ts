import { asAuthor, authorsSchemas, type Querying } from '../session/author.ts'
import { askAgain } from '../session/prepared.ts'
import { readMeanings, type AuthorsName } from '../session/meanings.ts'
import {
  LOCK_MODES,
  LOCK_WORKS,
  type LockMode,
  type LockWork,
  type TableLock,
} from '../migration.ts'
import type { PositionedStatement } from '../plan/segments.ts'
import { MadeBefore, type Coming, type FoundLock } from './made-before.ts'

/** A relation that is there, and the strongest lock that is wanted on it. */
export interface LockTarget {
  readonly oid: number
  /** As PostgreSQL prints it: qualified where the search path does not find it. */
  readonly relation: string
  /** Always qualified, and quoted where it must be. */
  readonly qualified: string
  /** pg_class.relkind: `r` table, `p` partitioned table, `m` materialized view, `i` index, … */
  readonly kind: string
  readonly mode: LockMode
  /** The heaviest that is done to it. */
  readonly work?: LockWork
}

/** What a statement locks, by itself and for the archive. */
export function listLocks({
  locks,
  keptBy = [],
}: Pick<Scope['statements'][number], 'locks' | 'keptBy'>): readonly TableLock[] {
  return [...locks, ...keptBy]
}

/** A lock, and what its name means. */
export interface MeantLock extends FoundLock {
  readonly found: string | null
  /** Of `type`. */
  readonly foundType?: string | null
}

/** Statements with what was set before them. */
export interface Scope {
  readonly settings: readonly string[]
  readonly statements: readonly (Coming &
    Pick<PositionedStatement, 'sql' | 'isSet' | 'completion' | 'keptBy'>)[]
  /** Statements before those that have not run yet either. */
  readonly earlier?: readonly Coming[]
}

/**
 * Resolves the names in the locks of statements as each statement would, under all that is set before it; `chosen`
 * selects the locks. It has to run in a transaction, whose end undoes those settings.
 */
export async function meantBy(
  client: Querying,
  { settings, statements, earlier = [] }: Scope,
  chosen: (statement: Scope['statements'][number]) => readonly TableLock[] = listLocks,
): Promise<MeantLock[]> {
  return asAuthor(client, async () => {
    for (const setting of settings) await client.query(setting)
    const meant: MeantLock[] = []
    let waiting: FoundLock[] = []
    const made = new MadeBefore()
    for (const statement of earlier) made.follow(statement)
    for (const statement of statements) {
      waiting.push(...chosen(statement).flatMap((lock) => made.find(lock)))
      made.follow(statement)
      if (!statement.isSet) continue
      meant.push(...(await meantNow(client, waiting)))
      waiting = []
      await client.query(statement.sql)
    }
    return [...meant, ...(await meantNow(client, waiting))]
  })
}

async function meantNow(client: Querying, locks: readonly FoundLock[]): Promise<MeantLock[]> {
  if (locks.length === 0) return []
  const names = locks.map(({ schema, table: name, through }): AuthorsName => {
    const kind = through === 'domain' ? 'type' : 'relation'
    return { kind, name, ...(schema !== undefined && { schema }) }
  })
  const types = locks.flatMap(({ type }): AuthorsName[] =>
    type ? [{ kind: 'type', ...type }] : [],
  )
  const oids = await readMeanings(client, [...names, ...types])
  const ofTypes = oids.slice(names.length).values()
  return locks.map((lock, position) => ({
    ...lock,
    found: oids[position] ?? null,
    ...(lock.type && { foundType: ofTypes.next().value ?? null }),
  }))
}

/**
 * Finds what is locked in this database: the relations that are there now, each once. What an earlier statement of
 * the same run would only make is not among them. One query, no lock.
 */
export async function lockTargets(
  client: Querying,
  locks: readonly MeantLock[],
): Promise<LockTarget[]> {
  if (locks.length === 0) return []
  const wanted = locks.map(({ mode, work, ...lock }) => ({
    ...lock,
    rank: LOCK_MODES.indexOf(mode),
    weight: work === undefined ? null : LOCK_WORKS.indexOf(work),
  }))
  const { rows } = await askAgain<FoundTarget>(client, TARGETS, [
    JSON.stringify(wanted),
    authorsSchemas(client),
  ])
  return rows.map(({ rank, weight, ...target }) => {
    const work = weight === null ? undefined : LOCK_WORKS[weight]
    return { ...target, mode: LOCK_MODES[rank] ?? 'ACCESS EXCLUSIVE', ...(work && { work }) }
  })
}

interface FoundTarget extends Omit<LockTarget, 'mode' | 'work'> {
  readonly rank: number
  readonly weight: number | null
}

/** Whether what a default calls is known, and gives every row the same. */
const SPARES = `calls is not null and not exists (
  select from jsonb_to_recordset(calls) as call(schema text, name text, "isSteady" boolean)
    left join lateral (
      select bool_or(p.provolatile = 'v') as "isVolatile", bool_or(n.nspname = 'pg_catalog') as "isOurs",
             bool_or(p.provolatile = 'v') filter (where n.nspname = 'pg_catalog') as "isOursVolatile"
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where p.proname = call.name and (call.schema is null or n.nspname = call.schema)) as function on true
   where case when "isOurs" then "isOursVolatile" else coalesce("isVolatile", "isSteady" is not true) end)`

/** Whether a new column's type is a domain that PostgreSQL checks, or computes, in each row. */
const REWRITES = `exists (
  with recursive base as (
    select t.* from pg_type t where t.oid = "foundType" and t.typtype = 'd'
    union all
    select t.* from base join pg_type t on t.oid = base.typbasetype and t.typtype = 'd')
  select from base
   where typnotnull or exists (select from pg_constraint c where c.contypid = base.oid and c.contype = 'c')
      or "hasDefault" is not true and typdefault like '%(%')`

/**
 * `found` is the relation of the name; `reached` what is locked through it. A foreign key that names a partitioned table is
 * one of each of its partitions, too; one that a partition inherits has no triggers of its own on the table that it names.
 */
const TARGETS = `
  with recursive said as materialized (
    select * from jsonb_to_recordset($1::jsonb)
        as w("table" text, schema text, found oid, through text, "constraint" text, "column" text, rank integer,
             weight integer, calls jsonb, "foundType" oid, "hasDefault" boolean)
  ), wanted as materialized (
    select "table", schema, found, through, "constraint", "column", rank,
           greatest(case when not (${SPARES}) then weight end,
                    case when ${REWRITES} then ${LOCK_WORKS.indexOf('rewrite')} end) as weight
      from said
  ), tree as (
    select found as root, found as oid from wanted where through in ('descendants', 'partitions', 'inheriting', 'referenced-by', 'emptied-with')
    union
    select tree.root, i.inhrelid from tree join pg_inherits i on i.inhparent = tree.oid
  ), views as (
    select found as root, found as oid, "column" from wanted where through = 'views'
    union
    select views.root, r.ev_class, null from views
      join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = views.oid
       and d.classid = 'pg_rewrite'::regclass
      join pg_rewrite r on r.oid = d.objid and r.ev_type = '1'
     where "column" is null or d.refobjsubid = (select a.attnum from pg_attribute a
              where a.attrelid = views.oid and a.attname = "column")
  ), keys as (
    select c.oid, c.conrelid, c.confrelid, c.conname, c.conkey, c.confkey, c.conindid, c.convalidated,
           c.conparentid <> 0 as "isInherited"
      from pg_constraint c
     where c.contype = 'f' and not exists (select from pg_constraint up
              where up.oid = c.conparentid and up.conrelid = c.conrelid)
    union all
    select c.oid, c.conrelid, c.confrelid, keys.conname, c.conkey, c.confkey, c.conindid, c.convalidated, "isInherited"
      from keys join pg_constraint c on c.conparentid = keys.oid and c.conrelid = keys.conrelid
  ), emptied as (
    select found as root, found as oid from wanted where through = 'emptied-with'
    union
    select emptied.root, next.oid from emptied cross join lateral (
      select k.conrelid from keys k where k.confrelid = emptied.oid
      union all
      select tree.oid from tree where tree.root = emptied.oid and emptied.oid = emptied.root) as next(oid)
  ), kept as (
    select found as root, found as oid from wanted where through = 'kept-with'
    union
    select kept.root, next.oid from kept cross join lateral (
      select inhrelid from pg_inherits where inhparent = kept.oid
      union all
      select inhparent from pg_inherits join pg_class c on c.oid = inhrelid where inhrelid = kept.oid and c.relispartition
      union all
      select conrelid from pg_constraint where contype = 'f' and confrelid = kept.oid
         and (confdeltype in ('c', 'n', 'd') or confupdtype in ('c', 'n', 'd'))) as next(oid)
  ), domains as (
    select found as root, found as oid from wanted where through = 'domain'
    union
    select domains.root, t.oid from domains join pg_type t on t.typbasetype = domains.oid
  ), holders as (
    select found as root, c.reltype as oid from wanted join pg_class c on c.oid = found where through = 'holding' and c.reltype <> 0
    union
    select holders.root, next.oid from holders cross join lateral (
      select t.oid from pg_type t where holders.oid in (t.typelem, t.typbasetype)
      union all
      select c.reltype from pg_attribute a join pg_class c on c.oid = a.attrelid and c.relkind = 'c'
       where a.atttypid = holders.oid and not a.attisdropped) as next(oid)
  ), reached as (
    select found as oid, rank, weight from wanted where through is null
    union all
    select i.indrelid, rank, weight from wanted join pg_index i on i.indexrelid = found where through = 'index'
    union all
    select p.relid, rank, weight from wanted join pg_index i on i.indexrelid = found
      join pg_class c on c.oid = found and c.relkind = 'I'
      cross join pg_partition_tree(i.indrelid) p where through = 'index'
    union all
    select i.indexrelid, rank, weight from wanted
      cross join lateral (select found union select p.relid from pg_partition_tree(found) p) as t(oid)
      join pg_index i on i.indrelid = t.oid where through = 'indexes'
    union all
    select tree.oid, rank, weight from wanted join tree on tree.root = found and tree.oid <> found
      join pg_class c on c.oid = tree.oid
     where through = 'descendants' and ("constraint" is null
              or exists (select from pg_constraint k where k.conrelid = tree.oid and k.conname = "constraint"))
        or through = 'partitions' and c.relispartition or through = 'inheriting' and not c.relispartition
    union all
    select views.oid, rank, weight from wanted join views on views.root = found and views.oid <> found
     where through = 'views'
    union all
    select parent.oid, rank, weight from wanted join pg_inherits i on i.inhrelid = found
      join pg_partitioned_table p on p.partrelid = i.inhparent
      cross join lateral (values (p.partrelid), (p.partdefid)) as parent(oid)
     where through = 'parent'
    union all
    select p.partdefid, rank, weight from wanted join pg_partitioned_table p on p.partrelid = found
     where through = 'default'
    union all
    select k.confrelid, rank, weight from wanted join keys k on k.conrelid = found
     where through = 'references' and ("constraint" is null or k.conname = "constraint")
       and (not k."isInherited" or "constraint" is not null or rank < ${LOCK_MODES.indexOf('ACCESS EXCLUSIVE')})
       and ("column" is null or exists (select from pg_attribute a
              where a.attrelid = found and a.attname = "column" and a.attnum = any (k.conkey)))
    union all
    select k.conrelid, rank, case when k.convalidated then weight end
      from wanted join tree on tree.root = found join keys k on k.confrelid = tree.oid
     where through = 'referenced-by'
       and ("column" is null or exists (select from pg_attribute a
              where a.attrelid = tree.oid and a.attname = "column" and a.attnum = any (k.confkey)))
       and ("constraint" is null or exists (select from pg_constraint c
              where c.conrelid = found and c.conname = "constraint" and c.conindid = k.conindid))
    union all
    select emptied.oid, rank, weight from wanted join emptied on emptied.root = found
     where through = 'emptied-with'
    union all
    select kept.oid, rank, weight from wanted join kept on kept.root = found
      join pg_class c on c.oid = kept.oid and c.relkind in ('r', 'p') where through = 'kept-with'
    union all
    select t.oid, rank, weight from wanted join pg_class c on c.oid = found join pg_class t on t.reloftype = c.reltype
     where through = 'typed' and c.reltype <> 0
    union all
    select a.attrelid, rank, weight from wanted join holders on holders.root = found
      join pg_attribute a on a.atttypid = holders.oid and not a.attisdropped
      join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
     where through = 'holding'
    union all
    select e.stxrelid, rank, weight from wanted join pg_statistic_ext e on e.stxname = "table"
     where through = 'statistics' and (schema is null or e.stxnamespace::regnamespace::text = quote_ident(schema))
    union all
    select a.attrelid, rank, weight from wanted join domains on domains.root = found
      join pg_attribute a on a.atttypid = domains.oid and not a.attisdropped
     where through = 'domain'
    union all
    select c.oid, rank, weight from wanted join pg_namespace n on n.nspname = "table"
      join pg_class c on c.relnamespace = n.oid where through = 'schema'
  )
  select c.oid, format('%I.%I', n.nspname, c.relname) as qualified, c.relkind as kind, max(rank) as rank, max(weight) as weight,
         case when n.oid = first.oid then quote_ident(c.relname) else format('%I.%I', n.nspname, c.relname) end as relation
    from reached join pg_class c using (oid) join pg_namespace n on n.oid = c.relnamespace
    left join lateral (
      select s.oid from unnest(coalesce($2::text[], current_schemas(false)::text[])) with ordinality as path(name, place)
        join pg_namespace s on s.nspname = path.name
        join pg_class o on o.relnamespace = s.oid and o.relname = c.relname
       order by place limit 1) as first on true
   group by c.oid, n.oid, n.nspname, first.oid order by max(rank) desc, relation`
