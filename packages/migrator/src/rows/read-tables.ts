import type { ClientBase } from 'pg'
import { withScope } from '../catalog/queries/scope.ts'
import { isOurRelation } from '../catalog/queries/sql.ts'
import { selectCanonically } from '../catalog/session.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Column, ForeignKey, Table } from './tables.ts'
import { READ_TYPES, resolveType, writtenType, type TypeRow, type WrittenType } from './types.ts'

/**
 * Reads the tables outside of the schemas `exclude`, by name. The catalog as a value has no oids and no types to look
 * into, and what is true of a partition's rows only PostgreSQL puts together; so this asks PostgreSQL itself.
 */
export async function readTables(client: ClientBase, exclude: readonly string[]): Promise<Table[]> {
  const [[types, tables] = []] = await selectCanonically(client, [
    [READ_TYPES, withScope(READ_TABLES, [...exclude])],
  ])
  const rows = new Map(((types?.rows ?? []) as TypeRow[]).map((type) => [type.oid, type]))
  return ((tables?.rows ?? []) as TableRow[]).map((table) => ({
    ...table,
    root: table.ancestors.at(-1),
    sql: quoteName(table.name, table.schema),
    columns: table.columns.map((column) => toColumn(rows, column)),
    foreignKeys: table.foreignKeys.map(toForeignKey),
  }))
}

type TableRow = Omit<Table, 'sql' | 'columns' | 'foreignKeys'> & {
  readonly columns: readonly ColumnRow[]
  readonly foreignKeys: readonly ForeignKeyRow[]
}

interface ColumnRow {
  readonly name: string
  readonly type: WrittenType
  readonly isNullable: boolean
  readonly isGenerated: boolean
  readonly sequence: string | null
  readonly expression: string | null
}

type ForeignKeyRow = Omit<ForeignKey, 'references'> & {
  readonly references: {
    readonly oid: string
    readonly schema: string
    readonly name: string
    readonly isPartitioned: boolean
  }
}

function toColumn(types: ReadonlyMap<string, TypeRow>, row: ColumnRow): Column {
  const { name, isNullable, isGenerated, sequence, expression } = row
  const column = { name, isNullable, type: resolveType(types, row.type) }
  if (isGenerated)
    return { ...column, filledBy: 'generated', ...(expression !== null && { expression }) }
  if (sequence !== null) return { ...column, filledBy: 'sequence', expression: sequence }
  return { ...column, ...(expression !== null && { expression }) }
}

function toForeignKey({
  references: { schema, name, ...rest },
  ...row
}: ForeignKeyRow): ForeignKey {
  return { ...row, references: { ...rest, sql: quoteName(name, schema) } }
}

const namesOf = (numbers: string, relation: string) => `
  (select coalesce(json_agg(q.attname order by u.i), '[]') from unnest(${numbers}) with ordinality u(n, i)
    join pg_attribute q on q.attrelid = ${relation} and q.attnum = u.n)`

/** The next value of an identity's sequence, or the default that calls for one. */
const SEQUENCE = `case
  when a.attidentity <> '' then format('pg_catalog.nextval(%L::pg_catalog.regclass)',
    pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname))
  when pg_get_expr(d.adbin, d.adrelid) like '%nextval(%' then pg_get_expr(d.adbin, d.adrelid) end`

const COLUMNS = `
  (select coalesce(json_agg(json_build_object(
      'name', a.attname, 'type', ${writtenType('a.atttypid', 'a.atttypmod')},
      'isNullable', not a.attnotnull, 'isGenerated', a.attgenerated <> '', 'sequence', ${SEQUENCE},
      'expression', pg_get_expr(d.adbin, d.adrelid)) order by a.attnum), '[]')
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)`

const CHECKS = `
  (select coalesce(json_agg(json_build_object('name', k.conname,
      'expression', pg_get_expr(k.conbin, k.conrelid)) order by k.conname), '[]')
    from pg_constraint k where k.conrelid = c.oid and k.contype = 'c')`

/** The columns of a key, of its expressions and of its predicate. */
const KEYS = `
  (select coalesce(json_agg(json_build_object('name', i.relname, 'isExclusion', x.indisexclusion, 'columns',
      (select json_agg(q.attname order by q.attnum) from pg_attribute q
        where q.attrelid = c.oid and (q.attnum = any (x.indkey) or q.attnum in (
          select p.refobjsubid from pg_depend p
          where p.classid = 'pg_class'::regclass and p.objid = x.indexrelid
            and p.refclassid = 'pg_class'::regclass and p.refobjid = c.oid and p.refobjsubid > 0))))
      order by i.relname), '[]')
    from pg_index x join pg_class i on i.oid = x.indexrelid
    where x.indrelid = c.oid and (x.indisunique or x.indisexclusion))`

const FOREIGN_KEYS = `
  (select coalesce(json_agg(json_build_object('name', k.conname,
      'columns', ${namesOf('k.conkey', 'k.conrelid')}, 'isFull', k.confmatchtype = 'f',
      'references', json_build_object('oid', f.oid::text, 'schema', m.nspname, 'name', f.relname,
        'isPartitioned', f.relkind = 'p'),
      'referencedColumns', ${namesOf('k.confkey', 'k.confrelid')}) order by k.conname), '[]')
    from pg_constraint k join pg_class f on f.oid = k.confrelid
    join pg_namespace m on m.oid = f.relnamespace
    -- Those that a partition has from its parent, or for each partition of what is referenced, say the same again.
    where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0)`

const READ_TABLES = `
  select c.oid::text, n.nspname as schema, c.relname as name, c.relkind = 'p' as "isPartitioned",
    (select coalesce(json_agg(r.relid::oid::text order by r.i), '[]')
      from pg_partition_ancestors(c.oid) with ordinality r(relid, i) where r.relid <> c.oid) as ancestors,
    case when c.relispartition then pg_get_partition_constraintdef(c.oid) end as bound,
    ${COLUMNS} as columns, ${CHECKS} as checks, ${KEYS} as keys, ${FOREIGN_KEYS} as "foreignKeys"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname <> 'pg_catalog' and ${isOurRelation('c')}
  order by n.nspname, c.relname`
