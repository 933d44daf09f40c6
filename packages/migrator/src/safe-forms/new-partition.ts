import type { CreateStmt, Node, PartitionBoundSpec } from '@pgsql/types'
import type { KnownTable } from '../known/known-table.ts'
import { Bounds } from '../known/partition-bounds.ts'
import type { Check, Name } from '../migration.ts'
import { toName } from '../phase/release.ts'
import { deparseSql, parseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { plain } from './pre-checks.ts'
import { ended, type Before, type SafeForm } from './safe-form.ts'
import { tableOf } from './table.ts'

/**
 * A new partition takes its values from the default one, which PostgreSQL reads whole under a lock that stops everybody, unless
 * a CHECK that was held against the rows before says that none of them is there. Undefined where there is no default one.
 */
export async function partitionSafely(
  create: CreateStmt,
  sql: string,
  before: Before,
): Promise<SafeForm | undefined> {
  const { partbound: bound, inhRelations: [relation] = [], relation: made } = create
  const parent = relation && 'RangeVar' in relation ? toName(relation.RangeVar) : undefined
  const others = parent && before.known.defaultPartitionOf(parent)
  if (!bound || !parent || !others || bound.is_default || before.direction === 'down')
    return undefined
  const condition = await writeOutside(before.known.table(parent), bound)
  const table = quoteName(others.name, others.schema)
  const proof =
    condition === undefined ? undefined : await findProof(condition, others, parent, bound, before)
  if (condition === undefined || !proof)
    return { statements: [ended(sql)], allow: { 'attach-scans': NOT_PROVED } }
  const name = `${others.name}_without_${made?.relname ?? ''}`
  const check = quoteName(before.news.findFreeName(others, name, before.known))
  return {
    statements: [
      `alter table ${table} add constraint ${check} check (${condition}) not valid;`,
      `alter table ${table} validate constraint ${check};`,
      ended(sql),
      `alter table ${table} drop constraint ${check};`,
    ],
    requires: [noneThere(table, tableOf(made), condition)],
    isAlone: true,
  }
}

const NOT_PROVED =
  'no CHECK that could be written tells PostgreSQL that the default partition has none of its rows'

/** What is true of the rows of all other partitions; undefined where the key is more than one column. */
async function writeOutside(
  parent: KnownTable | undefined,
  {
    strategy,
    listdatums = [],
    lowerdatums: [lower] = [],
    upperdatums: [upper] = [],
  }: PartitionBoundSpec,
): Promise<string | undefined> {
  const [only, ...others] = parent?.partitionBy?.partParams ?? []
  const key = only && 'PartitionElem' in only ? only.PartitionElem.name : undefined
  if (key === undefined || others.length > 0) return undefined
  const column = quoteName(key)
  if (strategy === 'l') {
    const isWithNull = listdatums.some((one) => 'A_Const' in one && one.A_Const.isnull === true)
    const values = await Promise.all(listdatums.map((one) => deparseSql(one)))
    return isWithNull ? undefined : `${column} not in (${values.join(', ')})`
  }
  if (strategy !== 'r') return undefined
  const ends = [
    ...(isEnd(lower) ? [] : [`${column} < ${await deparseSql(lower)}`]),
    ...(isEnd(upper) ? [] : [`${column} >= ${await deparseSql(upper)}`]),
  ]
  return ends.length === 0 ? undefined : ends.join(' or ')
}

/** MINVALUE and MAXVALUE, which the parser takes for columns. */
const isEnd = (node: Node | undefined): node is undefined =>
  node === undefined || 'ColumnRef' in node

/** True where a validated CHECK of the condition is known to be proof enough. */
async function findProof(
  condition: string,
  table: Name,
  parent: Name,
  bound: PartitionBoundSpec,
  { known }: Before,
): Promise<boolean> {
  const there = known.copy()
  const name = quoteName(table.name, table.schema)
  for (const { node } of await parseSql(`alter table ${name} add check (${condition})`))
    there.learn(node)
  const [spec, rest] = [there.table(parent)?.partitionBy, there.table(table)]
  return spec !== undefined && rest !== undefined && new Bounds(spec, bound).areRowsOutside(rest)
}

function noneThere(table: string, partition: string, condition: string): Check {
  return {
    query: `select count(*) as others from ${table} where not (${condition})`,
    says: plain(
      `${table} has rows that belong into ${partition}, which is to be a partition beside it. Move them out of there, then run this again.`,
    ),
  }
}
