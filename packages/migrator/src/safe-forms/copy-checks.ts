import type { Check } from '../migration.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { plain } from './pre-checks.ts'

/** A copy of a column, and what comes and goes with it. Names are not quoted, but for that of the table. */
export interface PlannedCopy {
  readonly table: string
  readonly column: string
  /** Those that go along to the new column. */
  readonly indexes: readonly string[]
  readonly constraints: readonly string[]
  /** Foreign keys that refer to the column, and are made again of the new one. */
  readonly references?: readonly string[]
  /** What migrations say of the column. */
  readonly comment?: string
  /** The one that counts the column, and goes along. */
  readonly sequence?: CountingSequence
  /** What the copy makes. */
  readonly makes: {
    readonly column: string
    readonly function: string
    readonly trigger: string
    readonly indexes: readonly string[]
    readonly constraints: readonly string[]
  }
}

export interface CountingSequence {
  readonly name: string
  /** Of an identity: another one takes its place, with what the migrations say of it. */
  readonly isReplaced: boolean
  /** They say nothing of how it counts. */
  readonly isPlain: boolean
}

/**
 * What depends on a column goes with it in silence, but for what the migrations know of: so do rights on it alone, its
 * settings, and what other tables have stored of its rows. Triggers and rules of the table would run for each row that is
 * filled, its children and policies have rows that are not filled, and a subscriber has no such column. A trigger that runs after the
 * one that copies may change the column again, and the CHECK would refuse the row. A name that is taken would stop the run
 * in the middle. Columns that were dropped count among those that a table may have.
 */
export function nothingInTheWay(copy: PlannedCopy): Check {
  const { table, column } = copy
  return {
    query: countAll(copy, {
      ...countLost(copy),
      ...countRun(copy),
      names: countNames(copy),
      full: 'where c.relnatts >= 1600',
    }),
    says: plain(
      `A new column takes the place of "${column}" of ${table}, and something in this database would be lost, would run for each row, or would stop the run in the middle: what depends on the old column and no migration here has made, rights on it alone, settings of its own (a comment, statistics, storage, compression, an index with a comment, as replica identity or for CLUSTER), rights on the sequence of an identity, its comment and how it counts, columns of the row type of the table, children of the table, triggers and rules at each UPDATE, triggers before ${copy.makes.trigger} would be the last one, policies that hide rows from this role, publications of the table, names that the copy needs, or a table that has had 1600 columns and takes no more. Take it away for the time of the run, and make it again afterwards; or write ALTER COLUMN … TYPE by hand, which locks the table for as long as it writes it again.`,
    ),
  }
}

/**
 * The same of what was made since, asked again before the copy takes the place of the column: weeks may lie between. A row that a
 * trigger has changed after the copy was made, the CHECK of both has refused.
 */
export function nothingLost(copy: PlannedCopy): Check {
  const { table, column } = copy
  return {
    query: countAll(copy, countLost(copy)),
    says: plain(
      `A new column takes the place of "${column}" of ${table}, and what depends on the old one would go with it, since no migration here has made it: an index, a statistics object, rights on it alone, settings of its own (a comment, statistics, storage, compression, an index or a key with a comment, as replica identity or for CLUSTER), rights on the sequence of an identity, its comment or how it counts, columns of the row type of the table, or children of the table. Take it away, run this again, and make it again of the new column.`,
    ),
  }
}

function countAll({ table, column }: PlannedCopy, counts: Readonly<Record<string, string>>) {
  const asked = Object.entries(counts).map(([as, from]) => `(select count(*) ${from}) as ${as}`)
  return `select ${asked.join(', ')} from pg_attribute a join pg_class c on c.oid = a.attrelid where a.attrelid = ${quoteLiteral(table)}::regclass and a.attname = ${quoteLiteral(column)}`
}

const isOneOf = (field: string, names: readonly string[]) =>
  `${field} = any (array[${names.map(quoteLiteral).join(', ')}]::name[])`

function countLost({ indexes, constraints, references = [], sequence, comment }: PlannedCopy) {
  const known = [
    ...(references.length === 0
      ? []
      : [
          `select oid from pg_constraint where confrelid = a.attrelid and ${isOneOf('conname', references)}`,
        ]),
    ...(sequence === undefined
      ? []
      : [
          `select oid from pg_class where relkind = 'S' and relnamespace = c.relnamespace and relname = ${quoteLiteral(sequence.name)}`,
        ]),
    'select oid from pg_attrdef where adrelid = a.attrelid and adnum = a.attnum',
    `select oid from pg_constraint where conrelid = a.attrelid and (contype = 'n' or ${isOneOf('conname', constraints)})`,
    `select x.oid from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = a.attrelid and ${isOneOf('x.relname', indexes)}`,
  ]
  const depends = `d.refclassid = 'pg_class'::regclass and d.refobjid = a.attrelid and d.refobjsubid = a.attnum`
  // A view stores nothing.
  const stored = `d.classid = 'pg_type'::regclass or (d.classid = 'pg_class'::regclass and d.objsubid > 0 and exists (select from pg_class o where o.oid = d.objid and o.relkind <> 'v'))`
  return {
    dependants: `from pg_depend d where ${depends} and d.objid not in (${known.join(' union all ')})`,
    rights: 'where a.attacl is not null',
    settings: `where ${SETTINGS.join(' or ')} or coalesce(col_description(c.oid, a.attnum), '') <> ${quoteLiteral(comment ?? '')}`,
    ...(sequence?.isReplaced && { counting: countReplaced(sequence) }),
    row_types: `from pg_depend d join pg_type y on d.refclassid = 'pg_type'::regclass and d.refobjid = y.oid and d.deptype = 'n' where (y.oid = c.reltype or y.typelem = c.reltype) and (${stored})`,
    children: 'from pg_inherits where inhparent = a.attrelid',
  }
}

/** What a column, or what is made of it, has beside its definition. */
const SETTINGS = [
  'a.attstattarget >= 0',
  'a.attoptions is not null',
  `a.attcompression <> ''`,
  'a.attstorage <> (select typstorage from pg_type where oid = a.atttypid)',
  `exists (select from pg_index i where i.indrelid = a.attrelid and a.attnum = any (i.indkey) and (i.indisreplident or i.indisclustered or obj_description(i.indexrelid, 'pg_class') is not null))`,
  `exists (select from pg_constraint k where k.conrelid = a.attrelid and a.attnum = any (k.conkey) and obj_description(k.oid, 'pg_constraint') is not null)`,
]

/**
 * SQL: true of a sequence `s` of a table `c` that has what another one in its place would not: that belongs to the owner of the
 * table, and has the rights that one gets by default.
 */
export const HAS_ITS_OWN = `(obj_description(s.oid, 'pg_class') is not null
     or exists (select from aclexplode(s.relacl) r where r.grantee <> s.relowner and not exists (
       select from pg_default_acl d, aclexplode(d.defaclacl) g
        where d.defaclobjtype = 'S' and d.defaclrole = c.relowner and d.defaclnamespace in (0, c.relnamespace)
          and g.grantee = r.grantee and g.privilege_type = r.privilege_type)))`

function countReplaced({ name, isPlain }: CountingSequence): string {
  const lost = [
    HAS_ITS_OWN,
    ...(isPlain
      ? [
          `(q.seqincrement, q.seqcache, q.seqmin, q.seqmax, q.seqcycle) is distinct from
       (1, 1, 1, case q.seqtypid when 'int2'::regtype then 32767 when 'int4'::regtype then 2147483647 else 9223372036854775807 end, false)`,
        ]
      : []),
  ]
  return `from pg_class s join pg_sequence q on q.seqrelid = s.oid
     where s.relnamespace = c.relnamespace and s.relname = ${quoteLiteral(name)} and (${lost.join(' or ')})`
}

/** SQL: true of a trigger `t` that runs before a row is written, and not before one of that name: they run in the order of their names. */
export const runsFrom = (trigger: string) =>
  `t.tgtype & 3 = 3 and t.tgtype & 20 <> 0 and t.tgenabled <> 'D' and t.tgname >= ${quoteLiteral(trigger)}`

function countRun({ makes: { trigger } }: PlannedCopy) {
  // One of UPDATE OF other columns does not run for the fill.
  const isRun = `t.tgtype & 16 <> 0 and t.tgattr::text = '' and t.tgenabled not in ('D', 'R')`
  return {
    triggers: `from pg_trigger t where t.tgrelid = a.attrelid and not t.tgisinternal and (${isRun} or ${runsFrom(trigger)})`,
    rules: `from pg_rewrite r where r.ev_class = a.attrelid and r.ev_type = '2' and r.ev_enabled <> 'D'`,
    policies: 'where row_security_active(c.oid)',
    publications: `from pg_publication_tables p where p.schemaname = (select nspname from pg_namespace where oid = c.relnamespace) and p.tablename = c.relname`,
  }
}

function countNames({ makes }: PlannedCopy): string {
  const all = [
    `select from pg_class n where n.relnamespace = c.relnamespace and ${isOneOf('n.relname', makes.indexes)}`,
    `select from pg_constraint k where k.conrelid = c.oid and ${isOneOf('k.conname', makes.constraints)}`,
    `select from pg_attribute o where o.attrelid = c.oid and not o.attisdropped and o.attname = ${quoteLiteral(makes.column)}`,
    `select from pg_proc p where p.pronamespace = c.relnamespace and p.pronargs = 0 and p.proname = ${quoteLiteral(makes.function)}`,
  ]
  return `from (${all.join(' union all ')}) taken`
}
