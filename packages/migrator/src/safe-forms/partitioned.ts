import type { IndexStmt, Node } from '@pgsql/types'
import { LONGEST_NAME } from '../catalog/identity.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Check, Name } from '../migration.ts'
import { toName } from '../phase/release.ts'
import { exactSql } from '../sql/parse.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { plain } from './pre-checks.ts'
import { ended } from './safe-form.ts'

/**
 * Statements that build an index of a partitioned table beside writes: one of the table alone, which PostgreSQL takes for whole
 * once each partition has its own, built CONCURRENTLY and attached. Undefined where a statement cannot be written.
 */
export async function indexPartitions(
  index: IndexStmt,
  known: KnownObjects,
): Promise<string[] | undefined> {
  const statements: string[] = []
  const taken = new Set<string>()
  const make = async (table: Name, idxname: string): Promise<boolean> => {
    const isPartitioned = known.table(table)?.isPartitioned === true
    const sql = await exactSql({ IndexStmt: ofTable({ ...index, idxname }, table, isPartitioned) })
    if (sql === undefined) return false
    statements.push(ended(sql))
    for (const [partition] of isPartitioned ? known.partitionsOf(table) : []) {
      const name = findFree(nameIndex(partition, index), taken, known)
      if (!(await make(partition, name))) return false
      const [parent, own] = [quoteName(idxname, table.schema), quoteName(name, partition.schema)]
      statements.push(`alter index ${parent} attach partition ${own};`)
    }
    return true
  }
  return (await make(toName(index.relation), index.idxname ?? '')) ? statements : undefined
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

/** The name that PostgreSQL gives the index of a partition. (ChooseIndexName of its indexcmds.c) */
function nameIndex({ name }: Name, { indexParams = [], indexIncludingParams = [] }: IndexStmt) {
  const columns: string[] = []
  for (const node of [...indexParams, ...indexIncludingParams]) {
    const column = columnOf(node)
    let own = column
    for (let n = 1; columns.includes(own); n += 1) own = `${column}${n}`
    columns.push(own)
  }
  return [name, columns.join('_')] as const
}

const columnOf = (node: Node) => ('IndexElem' in node ? (node.IndexElem.name ?? 'expr') : '')

function findFree(parts: readonly [string, string], taken: Set<string>, known: KnownObjects) {
  const isTaken = (one: string) => taken.has(one) || known.ownerOf({ name: one }) !== undefined
  let name = joinName(parts, 'idx')
  for (let n = 1; isTaken(name); n += 1) name = joinName(parts, `idx${n}`)
  taken.add(name)
  return name
}

/** Cut where it is too long, the longer part first. (makeObjectName of PostgreSQL's indexcmds.c) */
function joinName([table, columns]: readonly [string, string], label: string): string {
  const parts = [table, columns].map((text) => Buffer.from(text))
  const sizes = parts.map((part) => part.length)
  const room = LONGEST_NAME - Buffer.byteLength(label) - 2
  while ((sizes[0] ?? 0) + (sizes[1] ?? 0) > room) {
    const longer = (sizes[0] ?? 0) > (sizes[1] ?? 0) ? 0 : 1
    sizes[longer] = (sizes[longer] ?? 0) - 1
  }
  const cut = parts.map((part, n) => part.toString('utf8', 0, sizes[n]).replace(/\uFFFD$/, ''))
  return [...cut, label].join('_')
}

/** Without an index of its own a partition leaves that of the whole table invalid. */
export function noOtherPartitions(table: Name, known: KnownObjects): Check {
  const target = quoteName(table.name, table.schema)
  const leaves = listLeaves(table, known).map(
    ({ name, schema }) => `to_regclass(${quoteLiteral(quoteName(name, schema))})`,
  )
  return {
    query: `select count(*) as others from pg_partition_tree(${quoteLiteral(target)}) where isleaf and relid <> all (array_remove(array[${leaves.join(', ')}]::regclass[], null))`,
    says: plain(
      `${target} has partitions that no migration here has made, and no index of theirs is built. In this migration, build one of each CONCURRENTLY, attach it, and delete this check. Then run this again.`,
    ),
  }
}

function listLeaves(table: Name, known: KnownObjects): Name[] {
  return known
    .partitionsOf(table)
    .flatMap(([name, { isPartitioned }]) => (isPartitioned ? listLeaves(name, known) : [name]))
}
