import { LOCK_MODES, LOCK_WORKS, type TableLock, type Through } from '../migration.ts'

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

/** The locks that are wanted, and the work that is done under them. */
function listWanted(isWeighed: boolean): string {
  const weight = isWeighed
    ? `greatest(case when not (${SPARES}) then weight end,
                    case when ${REWRITES} then ${LOCK_WORKS.indexOf('rewrite')} end) as weight`
    : 'weight'
  return `said as materialized (
    select * from jsonb_to_recordset($1::jsonb)
        as w("table" text, schema text, found oid, through text, "constraint" text, "column" text, rank integer,
             weight integer, calls jsonb, "foundType" oid, "hasDefault" boolean)
  ), wanted as materialized (
    select "table", schema, found, through, "constraint", "column", rank,
           ${weight}
      from said
  )`
}

/** What is walked through, in an order in which each needs only those before it. */
const WALKS = {
  tree: `
    select found as root, found as oid from wanted where through in ('descendants', 'partitions', 'inheriting', 'referenced-by', 'emptied-with')
    union
    select tree.root, i.inhrelid from tree join pg_inherits i on i.inhparent = tree.oid`,
  views: `
    select found as root, found as oid, "column" from wanted where through = 'views'
    union
    select views.root, r.ev_class, null from views
      join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = views.oid
       and d.classid = 'pg_rewrite'::regclass
      join pg_rewrite r on r.oid = d.objid and r.ev_type = '1'
     where "column" is null or d.refobjsubid = (select a.attnum from pg_attribute a
              where a.attrelid = views.oid and a.attname = "column")`,
  keys: `
    select c.oid, c.conrelid, c.confrelid, c.conname, c.conkey, c.confkey, c.conindid, c.convalidated,
           c.conparentid <> 0 as "isInherited"
      from pg_constraint c
     where c.contype = 'f' and not exists (select from pg_constraint up
              where up.oid = c.conparentid and up.conrelid = c.conrelid)
    union all
    select c.oid, c.conrelid, c.confrelid, keys.conname, c.conkey, c.confkey, c.conindid, c.convalidated, "isInherited"
      from keys join pg_constraint c on c.conparentid = keys.oid and c.conrelid = keys.conrelid`,
  emptied: `
    select found as root, found as oid from wanted where through = 'emptied-with'
    union
    select emptied.root, next.oid from emptied cross join lateral (
      select k.conrelid from keys k where k.confrelid = emptied.oid
      union all
      select tree.oid from tree where tree.root = emptied.oid and emptied.oid = emptied.root) as next(oid)`,
  kept: `
    select found as root, found as oid from wanted where through = 'kept-with'
    union
    select kept.root, next.oid from kept cross join lateral (
      select inhrelid from pg_inherits where inhparent = kept.oid
      union all
      select inhparent from pg_inherits join pg_class c on c.oid = inhrelid where inhrelid = kept.oid and c.relispartition
      union all
      select conrelid from pg_constraint where contype = 'f' and confrelid = kept.oid
         and (confdeltype in ('c', 'n', 'd') or confupdtype in ('c', 'n', 'd'))) as next(oid)`,
  domains: `
    select found as root, found as oid from wanted where through = 'domain'
    union
    select domains.root, t.oid from domains join pg_type t on t.typbasetype = domains.oid`,
  holders: `
    select found as root, c.reltype as oid from wanted join pg_class c on c.oid = found where through = 'holding' and c.reltype <> 0
    union
    select holders.root, next.oid from holders cross join lateral (
      select t.oid from pg_type t where holders.oid in (t.typelem, t.typbasetype)
      union all
      select c.reltype from pg_attribute a join pg_class c on c.oid = a.attrelid and c.relkind = 'c'
       where a.atttypid = holders.oid and not a.attisdropped) as next(oid)`,
} as const

type Walk = keyof typeof WALKS

/**
 * What is locked through what is `found`. A foreign key that names a partitioned table is one of each of its partitions, too;
 * one that a partition inherits has no triggers of its own on the table that it names.
 */
const REACHED: readonly {
  readonly through: readonly (Through | null)[]
  readonly walks?: readonly Walk[]
  readonly select: string
}[] = [
  {
    through: [null],
    select: `
    select found, rank, weight from wanted where through is null`,
  },
  {
    through: ['index'],
    select: `
    select i.indrelid, rank, weight from wanted join pg_index i on i.indexrelid = found where through = 'index'`,
  },
  {
    through: ['index'],
    select: `
    select p.relid, rank, weight from wanted join pg_index i on i.indexrelid = found
      join pg_class c on c.oid = found and c.relkind = 'I'
      cross join pg_partition_tree(i.indrelid) p where through = 'index'`,
  },
  {
    through: ['indexes'],
    select: `
    select i.indexrelid, rank, weight from wanted
      cross join lateral (select found union select p.relid from pg_partition_tree(found) p) as t(oid)
      join pg_index i on i.indrelid = t.oid where through = 'indexes'`,
  },
  {
    through: ['descendants', 'partitions', 'inheriting'],
    walks: ['tree'],
    select: `
    select tree.oid, rank, weight from wanted join tree on tree.root = found and tree.oid <> found
      join pg_class c on c.oid = tree.oid
     where through = 'descendants' and ("constraint" is null
              or exists (select from pg_constraint k where k.conrelid = tree.oid and k.conname = "constraint"))
        or through = 'partitions' and c.relispartition or through = 'inheriting' and not c.relispartition`,
  },
  {
    through: ['views'],
    walks: ['views'],
    select: `
    select views.oid, rank, weight from wanted join views on views.root = found and views.oid <> found
     where through = 'views'`,
  },
  {
    through: ['parent'],
    select: `
    select parent.oid, rank, weight from wanted join pg_inherits i on i.inhrelid = found
      join pg_partitioned_table p on p.partrelid = i.inhparent
      cross join lateral (values (p.partrelid), (p.partdefid)) as parent(oid)
     where through = 'parent'`,
  },
  {
    through: ['default'],
    select: `
    select p.partdefid, rank, weight from wanted join pg_partitioned_table p on p.partrelid = found
     where through = 'default'`,
  },
  {
    through: ['references'],
    walks: ['keys'],
    select: `
    select k.confrelid, rank, weight from wanted join keys k on k.conrelid = found
     where through = 'references' and ("constraint" is null or k.conname = "constraint")
       and (not k."isInherited" or "constraint" is not null or rank < ${LOCK_MODES.indexOf('ACCESS EXCLUSIVE')})
       and ("column" is null or exists (select from pg_attribute a
              where a.attrelid = found and a.attname = "column" and a.attnum = any (k.conkey)))`,
  },
  {
    through: ['referenced-by'],
    walks: ['tree', 'keys'],
    select: `
    select k.conrelid, rank, case when k.convalidated then weight end
      from wanted join tree on tree.root = found join keys k on k.confrelid = tree.oid
     where through = 'referenced-by'
       and ("column" is null or exists (select from pg_attribute a
              where a.attrelid = tree.oid and a.attname = "column" and a.attnum = any (k.confkey)))
       and ("constraint" is null or exists (select from pg_constraint c
              where c.conrelid = found and c.conname = "constraint" and c.conindid = k.conindid))`,
  },
  {
    through: ['emptied-with'],
    walks: ['tree', 'keys', 'emptied'],
    select: `
    select emptied.oid, rank, weight from wanted join emptied on emptied.root = found
     where through = 'emptied-with'`,
  },
  {
    through: ['kept-with'],
    walks: ['kept'],
    select: `
    select kept.oid, rank, weight from wanted join kept on kept.root = found
      join pg_class c on c.oid = kept.oid and c.relkind in ('r', 'p') where through = 'kept-with'`,
  },
  {
    through: ['typed'],
    select: `
    select t.oid, rank, weight from wanted join pg_class c on c.oid = found join pg_class t on t.reloftype = c.reltype
     where through = 'typed' and c.reltype <> 0`,
  },
  {
    through: ['holding'],
    walks: ['holders'],
    select: `
    select a.attrelid, rank, weight from wanted join holders on holders.root = found
      join pg_attribute a on a.atttypid = holders.oid and not a.attisdropped
      join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
     where through = 'holding'`,
  },
  {
    through: ['statistics'],
    select: `
    select e.stxrelid, rank, weight from wanted join pg_statistic_ext e on e.stxname = "table"
     where through = 'statistics' and (schema is null or e.stxnamespace::regnamespace::text = quote_ident(schema))`,
  },
  {
    through: ['domain'],
    walks: ['domains'],
    select: `
    select a.attrelid, rank, weight from wanted join domains on domains.root = found
      join pg_attribute a on a.atttypid = domains.oid and not a.attisdropped
     where through = 'domain'`,
  },
  {
    through: ['schema'],
    select: `
    select c.oid, rank, weight from wanted join pg_namespace n on n.nspname = "table"
      join pg_class c on c.relnamespace = n.oid where through = 'schema'`,
  },
]

/**
 * SQL: the relations that these locks are about, as they are there now, each once; $1 is the list of them, and $2 the
 * author's search path. Only what is asked for is in it: PostgreSQL plans the whole for ten times as long as it runs.
 */
export function writeTargets(locks: readonly TableLock[]): string {
  const wanted = new Set(locks.map(({ through }) => through ?? null))
  const reached = REACHED.filter(({ through }) => through.some((one) => wanted.has(one)))
  const walked = new Set(reached.flatMap(({ walks = [] }) => walks))
  const walks = Object.entries(WALKS).flatMap(([name, select]) =>
    walked.has(name as Walk) ? [`${name} as (${select}\n  )`] : [],
  )
  const isWeighed = locks.some(({ calls, type }) => calls ?? type)
  const parts = [
    listWanted(isWeighed),
    ...walks,
    `reached (oid, rank, weight) as (${reached.map(({ select }) => select).join('\n    union all')}\n  )`,
  ]
  return `with recursive ${parts.join(', ')}
  select c.oid, format('%I.%I', n.nspname, c.relname) as qualified, c.relkind as kind, max(rank) as rank, max(weight) as weight,
         case when n.oid = first.oid then quote_ident(c.relname) else format('%I.%I', n.nspname, c.relname) end as relation
    from reached join pg_class c using (oid) join pg_namespace n on n.oid = c.relnamespace
    left join lateral (
      select s.oid from unnest(coalesce($2::text[], current_schemas(false)::text[])) with ordinality as path(name, place)
        join pg_namespace s on s.nspname = path.name
        join pg_class o on o.relnamespace = s.oid and o.relname = c.relname
       order by place limit 1) as first on true
   group by c.oid, n.oid, n.nspname, first.oid order by max(rank) desc, relation`
}
