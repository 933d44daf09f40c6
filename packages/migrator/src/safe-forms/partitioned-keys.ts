import type { Constraint, RangeVar } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Name } from '../migration.ts'
import { toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { quoteName } from '../sql/quote-name.ts'
import { deparseSql } from '../sql/parse.ts'
import { namePart } from './partitioned.ts'
import { buildAndTakeOver } from './taken-over.ts'

/**
 * Statements that make a key of a partitioned table beside writes: of the table alone, then of each partition by an index that
 * was built CONCURRENTLY.
 */
export async function keyPartitions(
  relation: RangeVar,
  constraint: Constraint,
  name: string,
  known: KnownObjects,
): Promise<string[]> {
  const columns = (constraint.keys ?? []).map((one) => readName(one).name)
  const label = constraint.contype === 'CONSTR_PRIMARY' ? 'pkey' : 'key'
  const taken = new Set<string>()
  const statements: string[] = []
  const isTaken = (one: string) => taken.has(one) || known.ownerOf({ name: one }) !== undefined
  await make(relation, name)
  return statements

  async function make(owner: RangeVar, own: string): Promise<void> {
    const table = toName(owner)
    if (known.table(table)?.isPartitioned !== true) {
      statements.push(...buildAndTakeOver(owner, constraint, own))
      return
    }
    const target = quoteName(table.name, table.schema)
    const define = await deparseSql([{ Constraint: { ...constraint, conname: own } }])
    statements.push(`alter table only ${target} add ${define};`)
    for (const [partition] of known.partitionsOf(table)) {
      const part = namePart(partition, label === 'pkey' ? [] : columns, label, isTaken)
      taken.add(part)
      await make(toRelation(partition), part)
      const [parent, attached] = [quoteName(own, table.schema), quoteName(part, partition.schema)]
      statements.push(`alter index ${parent} attach partition ${attached};`)
    }
  }
}

const toRelation = ({ schema, name }: Name): RangeVar => ({
  relname: name,
  inh: true,
  ...(schema !== undefined && { schemaname: schema }),
})

/**
 * Statements that make a foreign key of each partition, NOT VALID, and validate it: then the one of the whole table, which takes
 * them over, reads no row. `adds` is the constraint, as text behind ADD.
 */
export function referPartitions(
  table: Name,
  adds: string,
  name: string,
  known: KnownObjects,
): string[] {
  const parts = known.partitionsOf(table).flatMap(([partition, { isPartitioned }]) => {
    if (isPartitioned) return referPartitions(partition, adds, name, known)
    const target = quoteName(partition.name, partition.schema)
    return [
      `alter table ${target} add ${adds} not valid;`,
      `alter table ${target} validate constraint ${name};`,
    ]
  })
  return [...parts, `alter table ${quoteName(table.name, table.schema)} add ${adds};`]
}
