import type { Constraint, RangeVar } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Name } from '../migration.ts'
import { toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { quoteName } from '../sql/quote-name.ts'
import { deparseSql } from '../sql/parse.ts'
import { makeOfEach } from './partitioned.ts'
import { buildAndTakeOver } from './taken-over.ts'

/**
 * Statements that make a key of a partitioned table beside writes: of the table alone, then of each partition by an index that
 * was built CONCURRENTLY.
 */
export async function keyPartitions(
  relation: RangeVar,
  constraint: Constraint,
  keyName: string,
  known: KnownObjects,
): Promise<string[]> {
  const columns = (constraint.keys ?? []).map((one) => readName(one).name)
  const isPrimary = constraint.contype === 'CONSTR_PRIMARY'
  const naming = isPrimary
    ? ({ columns: [], label: 'pkey' } as const)
    : ({ columns, label: 'key' } as const)
  const whole = { table: toName(relation), name: keyName }
  const made = await makeOfEach(whole, naming, known, async ({ table, name }, isPartitioned) => {
    if (!isPartitioned) return buildAndTakeOver(toRelation(table), constraint, name)
    const adds = await deparseSql([{ Constraint: { ...constraint, conname: name } }])
    return [`alter table only ${quoteName(table.name, table.schema)} add ${adds};`]
  })
  return made ?? []
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
