import type { IndexStmt, Node } from '@pgsql/types'
import { LONGEST_NAME } from '../catalog/identity.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Check, Name } from '../migration.ts'
import { toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { exactSql } from '../sql/parse.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { plain } from './pre-checks.ts'
import { ended } from './safe-form.ts'

/** Statements that build an index of a partitioned table beside writes. Undefined where one of them cannot be written. */
export async function indexPartitions(
  index: IndexStmt,
  known: KnownObjects,
): Promise<string[] | undefined> {
  const naming = { columns: columnsOf(index), label: 'idx' } as const
  const whole = { table: toName(index.relation), name: index.idxname ?? '' }
  return makeOfEach(whole, naming, known, async ({ table, name }, isPartitioned) => {
    const one = ofTable({ ...index, idxname: name }, table, isPartitioned)
    const sql = await exactSql({ IndexStmt: one })
    return sql === undefined ? undefined : [ended(sql)]
  })
}

/** An index, or a key, of a table. */
interface OfTable {
  readonly table: Name
  readonly name: string
}

/** By what PostgreSQL names that of a partition. */
interface Naming {
  readonly columns: readonly string[]
  readonly label: 'idx' | 'key' | 'pkey'
}

/**
 * Statements that make an index, or a key, of a partitioned table beside writes: of the table alone, which PostgreSQL takes for
 * whole once each partition has its own, made before it is attached. `makeOne` writes one of each. Undefined where it does not.
 */
export async function makeOfEach(
  whole: OfTable,
  { columns, label }: Naming,
  known: KnownObjects,
  makeOne: (one: OfTable, isPartitioned: boolean) => Promise<readonly string[] | undefined>,
): Promise<string[] | undefined> {
  const statements: string[] = []
  const taken = new Set<string>()
  const isTaken = (one: string) => taken.has(one) || known.ownerOf({ name: one }) !== undefined
  const make = async ({ table, name }: OfTable): Promise<boolean> => {
    const isPartitioned = known.table(table)?.isPartitioned === true
    const made = await makeOne({ table, name }, isPartitioned)
    if (!made) return false
    statements.push(...made)
    for (const [partition] of isPartitioned ? known.partitionsOf(table) : []) {
      const part = namePart(partition, columns, label, isTaken)
      taken.add(part)
      if (!(await make({ table: partition, name: part }))) return false
      const [parent, own] = [quoteName(name, table.schema), quoteName(part, partition.schema)]
      statements.push(`alter index ${parent} attach partition ${own};`)
    }
    return true
  }
  return (await make(whole)) ? statements : undefined
}

function ofTable(index: IndexStmt, { schema, name }: Name, isPartitioned: boolean): IndexStmt {
  const { relation } = index
  const { schemaname: _, inh: __, ...rest } = relation ?? {}
  return {
    ...index,
    relation: {
      ...rest,
      relname: name,
      ...(schema !== undefined && { schemaname: schema }),
      // The parser leaves out what is false: ONLY.
      ...(!isPartitioned && { inh: true }),
    },
    ...(!isPartitioned && { concurrent: true }),
  }
}

/** The columns by which PostgreSQL names an index. (ChooseIndexColumnNames of its indexcmds.c) */
function columnsOf({ indexParams = [], indexIncludingParams = [] }: IndexStmt): string[] {
  const columns: string[] = []
  for (const node of [...indexParams, ...indexIncludingParams]) {
    const { name, expr } = 'IndexElem' in node ? node.IndexElem : {}
    const column = name ?? nameExpression(expr) ?? 'expr'
    let own = column
    for (let n = 1; columns.includes(own); n += 1) own = `${column}${n}`
    columns.push(own)
  }
  return columns
}

/** (FigureIndexColname of PostgreSQL's parse_target.c) */
function nameExpression(node: Node | undefined): string | undefined {
  if (!node) return undefined
  if ('FuncCall' in node) return readName({ List: { items: node.FuncCall.funcname ?? [] } }).name
  if ('TypeCast' in node) {
    const { arg, typeName } = node.TypeCast
    return nameExpression(arg) ?? (typeName && readName({ TypeName: typeName }).name)
  }
  if ('ColumnRef' in node) return readName({ List: { items: node.ColumnRef.fields ?? [] } }).name
  if ('CoalesceExpr' in node) return 'coalesce'
  return 'CaseExpr' in node ? 'case' : undefined
}

/** The name that PostgreSQL gives the index of a partition, by its columns and what it is. */
function namePart(
  { name: table }: Name,
  columns: readonly string[],
  label: Naming['label'],
  isTaken: (name: string) => boolean,
): string {
  const parts = [table, ...(columns.length > 0 ? [columns.join('_')] : [])]
  let name = joinName(parts, label)
  for (let n = 1; isTaken(name); n += 1) name = joinName(parts, `${label}${n}`)
  return name
}

/** Cut where it is too long, the longer part first. (makeObjectName of PostgreSQL's indexcmds.c) */
function joinName(texts: readonly string[], label: string): string {
  const parts = texts.map((text) => Buffer.from(text))
  const sizes = parts.map((part) => part.length)
  const room = LONGEST_NAME - Buffer.byteLength(label) - parts.length
  while (sizes.reduce((sum, size) => sum + size, 0) > room) {
    const longest = sizes.lastIndexOf(Math.max(...sizes))
    sizes[longest] = (sizes[longest] ?? 0) - 1
  }
  const cut = parts.map((part, n) => part.toString('utf8', 0, sizes[n]).replace(/\uFFFD$/, ''))
  return [...cut, label].join('_')
}

/** What some partition lacks the whole table does not have: its index stays invalid, its foreign key reads those rows. */
export function noOtherPartitions(table: Name, known: KnownObjects): Check {
  const target = quoteName(table.name, table.schema)
  const leaves = listLeaves(table, known).map(
    ({ name, schema }) => `to_regclass(${quoteLiteral(quoteName(name, schema))})`,
  )
  return {
    query: `select count(*) as others from pg_partition_tree(${quoteLiteral(target)}) where isleaf and relid <> all (array_remove(array[${leaves.join(', ')}]::regclass[], null))`,
    says: plain(
      `${target} has partitions that no migration here has made, and what is made of each partition is not made of those. Write it into this migration as for the others, and delete this check. Then run this again.`,
    ),
  }
}

function listLeaves(table: Name, known: KnownObjects): Name[] {
  return known
    .partitionsOf(table)
    .flatMap(([name, { isPartitioned }]) => (isPartitioned ? listLeaves(name, known) : [name]))
}
