import type { MigrationDiff } from '@mikro-orm/core'
import type { Node } from '@pgsql/types'
import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { checksum } from '../sql/checksum.ts'
import type { Texts } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'

interface Partitioning {
  readonly definition: string
  readonly partitions: readonly {
    readonly name: string
    readonly schema?: string
    readonly bound: string
  }[]
}

export interface PartitionedTable {
  name: string
  schema?: string
  getShortestName(): string
  getQuotedName(): string
  getPartitioning(): Partitioning | undefined
  setPartitioning(partitioning: Partitioning | undefined): void
}

interface Decided {
  /** What the migrations before have made. */
  readonly known: KnownObjects
  readonly renames: ReadonlyMap<string, string>
}

interface Schema {
  getTables(): readonly PartitionedTable[]
}

/**
 * Gives the tables of a snapshot the partitions that the migrations have made: a snapshot has none, and MikroORM then copies
 * every partitioned table at each change. Returns the statements that add partitions, before tables are renamed, and those that
 * take them away.
 * Throws PROJECT_INVALID where partitions change in another way.
 */
export function readPartitions(
  from: Schema,
  to: Schema,
  { known, renames }: Decided,
  texts: Texts,
): MigrationDiff {
  const up: string[] = []
  const down: string[] = []
  const tables = byNewName(from, renames)
  for (const table of to.getTables()) {
    const partitioning = table.getPartitioning()
    const before = tables.get(table.getShortestName())
    if (!partitioning || !before) continue
    const owner = known.table(placeOf(before))
    // Nothing says how it was made: as the entity says.
    if (!owner) before.setPartitioning(partitioning)
    if (!owner?.partitionBy) continue
    const by = readTable(texts, `create table t (c int) partition by ${partitioning.definition}`)
    if (checksum(by?.partspec) !== checksum(owner.partitionBy)) refuse(table)
    let found = 0
    for (const { name, schema = table.schema, bound } of partitioning.partitions) {
      const place = placeOf({ name, ...(schema !== undefined && { schema }) })
      const made = known.table(place)
      const quoted = quoteName(name, place.schema)
      const sql = `create table ${quoted} partition of ${before.getQuotedName()} ${bound}`
      if (made?.partitionOf) found += 1
      if (made && checksum(readTable(texts, sql)?.partbound) !== checksum(made.bound)) refuse(table)
      if (made) continue
      up.push(`${sql};`)
      down.push(`drop table ${quoted};`)
    }
    if (found < known.partitionsOf(placeOf(before)).length) refuse(table)
    before.setPartitioning(partitioning)
  }
  return { up, down }
}

function byNewName(from: Schema, renames: ReadonlyMap<string, string>) {
  const named = from.getTables().map((table) => [table.getShortestName(), table] as const)
  return new Map(named.map(([name, table]) => [renames.get(name) ?? name, table]))
}

function readTable(texts: Texts, sql: string) {
  const node: Node | undefined = texts.readStatement(sql)
  return node && 'CreateStmt' in node ? node.CreateStmt : undefined
}

function refuse(table: PartitionedTable): never {
  const reason = `The partitions of ${table.getShortestName()} change, and not only by new ones. MikroORM copies the whole table then, under a lock that stops all who use it.`
  throw failure('PROJECT_INVALID', {
    reason,
    next: [{ command: 'create', options: { blank: true }, why: 'To write that migration by hand' }],
  })
}

function placeOf({ name, schema }: { readonly name: string; readonly schema?: string }) {
  return schema === undefined || schema === 'public' ? { name } : { name, schema }
}
