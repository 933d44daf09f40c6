import { asAuthor, authorsSchemas, type Querying } from '../session/author.ts'
import { readMeanings, type AuthorsName } from '../session/meanings.ts'
import { LOCK_MODES, type LockMode, type Statement, type TableLock } from '../migration.ts'

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
}

/** A lock, and what its name means. */
export interface MeantLock extends TableLock {
  readonly found: string | null
}

/** Statements with what was set before them. */
export interface Scope {
  readonly settings: readonly string[]
  readonly statements: readonly Pick<Statement, 'sql' | 'isSet' | 'locks' | 'completion'>[]
}

/**
 * Resolves the names in the locks of statements as each statement would, under all that is set before it; `chosen`
 * selects the locks. It has to run in a transaction, whose end undoes those settings.
 */
export async function meantBy(
  client: Querying,
  { settings, statements }: Scope,
  chosen: (statement: Scope['statements'][number]) => readonly TableLock[] = ({ locks }) => locks,
): Promise<MeantLock[]> {
  return asAuthor(client, async () => {
    for (const setting of settings) await client.query(setting)
    const meant: MeantLock[] = []
    let waiting: TableLock[] = []
    for (const statement of statements) {
      waiting.push(...chosen(statement))
      if (!statement.isSet) continue
      meant.push(...(await meantNow(client, waiting)))
      waiting = []
      await client.query(statement.sql)
    }
    return [...meant, ...(await meantNow(client, waiting))]
  })
}

async function meantNow(client: Querying, locks: readonly TableLock[]): Promise<MeantLock[]> {
  if (locks.length === 0) return []
  const names = locks.map(({ schema, table: name, through }): AuthorsName => {
    const kind = through === 'domain' ? 'type' : 'relation'
    return { kind, name, ...(schema !== undefined && { schema }) }
  })
  const oids = await readMeanings(client, names)
  return locks.map((lock, position) => ({ ...lock, found: oids[position] ?? null }))
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
  const wanted = locks.map(({ mode, ...lock }) => ({ ...lock, rank: LOCK_MODES.indexOf(mode) }))
  const { rows } = await client.query<Omit<LockTarget, 'mode'> & { rank: number }>(TARGETS, [
    JSON.stringify(wanted),
    authorsSchemas(client),
  ])
  return rows.map(({ rank, ...target }) => ({
    ...target,
    mode: LOCK_MODES[rank] ?? 'ACCESS EXCLUSIVE',
  }))
}

/** `found` is the relation of the name; `reached` what is locked through it. */
const TARGETS = `
  with recursive wanted as materialized (
    select * from jsonb_to_recordset($1::jsonb)
        as w("table" text, found oid, through text, "constraint" text, "column" text, rank integer)
  ), tree as (
    select found as root, found as oid from wanted where through in ('descendants', 'partitions', 'referenced-by')
    union
    select tree.root, i.inhrelid from tree join pg_inherits i on i.inhparent = tree.oid
  ), views as (
    select found as root, found as oid from wanted where through = 'views'
    union
    select views.root, r.ev_class from views
      join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = views.oid
       and d.classid = 'pg_rewrite'::regclass
      join pg_rewrite r on r.oid = d.objid and r.ev_type = '1'
  ), keys as (
    select c.conrelid, c.confrelid, c.conname, c.conkey from pg_constraint c where c.contype = 'f'
  ), reached as (
    select found as oid, rank from wanted where through is null
    union all
    select i.indrelid, rank from wanted join pg_index i on i.indexrelid = found where through = 'index'
    union all
    select p.relid, rank from wanted join pg_index i on i.indexrelid = found
      join pg_class c on c.oid = found and c.relkind = 'I'
      cross join pg_partition_tree(i.indrelid) p where through = 'index'
    union all
    select i.indexrelid, rank from wanted join pg_index i on i.indrelid = found where through = 'indexes'
    union all
    select tree.oid, rank from wanted join tree on tree.root = found and tree.oid <> found
      join pg_class c on c.oid = tree.oid
     where through = 'descendants' and ("constraint" is null
              or exists (select from pg_constraint k where k.conrelid = tree.oid and k.conname = "constraint"))
        or through = 'partitions' and c.relispartition
    union all
    select views.oid, rank from wanted join views on views.root = found and views.oid <> found
     where through = 'views'
    union all
    select parent.oid, rank from wanted join pg_inherits i on i.inhrelid = found
      join pg_partitioned_table p on p.partrelid = i.inhparent
      cross join lateral (values (p.partrelid), (p.partdefid)) as parent(oid)
     where through = 'parent'
    union all
    select p.partdefid, rank from wanted join pg_partitioned_table p on p.partrelid = found
     where through = 'default'
    union all
    select k.confrelid, rank from wanted join keys k on k.conrelid = found
     where through = 'references' and ("constraint" is null or k.conname = "constraint")
       and ("column" is null or exists (select from pg_attribute a
              where a.attrelid = found and a.attname = "column" and a.attnum = any (k.conkey)))
    union all
    select k.conrelid, rank from wanted join tree on tree.root = found join keys k on k.confrelid = tree.oid
     where through = 'referenced-by'
    union all
    select a.attrelid, rank from wanted
      join pg_attribute a on a.atttypid = found and not a.attisdropped
     where through = 'domain'
    union all
    select c.oid, rank from wanted join pg_namespace n on n.nspname = "table"
      join pg_class c on c.relnamespace = n.oid where through = 'schema'
  )
  select c.oid, format('%I.%I', n.nspname, c.relname) as qualified, c.relkind as kind, max(rank) as rank,
         case when n.oid = first.oid then quote_ident(c.relname) else format('%I.%I', n.nspname, c.relname) end as relation
    from reached join pg_class c using (oid) join pg_namespace n on n.oid = c.relnamespace
    left join lateral (
      select s.oid from unnest(coalesce($2::text[], current_schemas(false)::text[])) with ordinality as path(name, place)
        join pg_namespace s on s.nspname = path.name
        join pg_class o on o.relnamespace = s.oid and o.relname = c.relname
       order by place limit 1) as first on true
   group by c.oid, n.oid, n.nspname, first.oid order by max(rank) desc, relation`
