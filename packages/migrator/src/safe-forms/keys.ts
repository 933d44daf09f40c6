import type { Constraint, RangeVar } from '@pgsql/types'
import { LONGEST_NAME } from '../catalog/identity.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Check } from '../migration.ts'
import { toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { quoteName } from '../sql/quote-name.ts'
import { requireSize } from './index-size.ts'
import { noDuplicates, noNulls } from './pre-checks.ts'
import { requireValue } from './required.ts'
import type { Before, SafeForm } from './safe-form.ts'
import { writeIsNull, writeIsSet } from './null-tests.ts'
import { keyPartitions } from './partitioned-keys.ts'
import { noOtherPartitions } from './partitioned.ts'
import { rowsOf, tableOf } from './table.ts'
import { buildAndTakeOver, canBeTakenOver, type Replaced } from './taken-over.ts'

/** The name of a key; undefined where PostgreSQL has to find one. */
export function nameKey({ relname = '' }: RangeVar, { contype, conname }: Constraint) {
  const name = `${relname}_pkey`
  if (conname !== undefined || contype !== 'CONSTR_PRIMARY') return conname
  return Buffer.byteLength(name) > LONGEST_NAME ? undefined : name
}

/**
 * The index of a unique or a primary key is built beside writes, and the constraint takes it over at once, in place of what
 * was there; of a partitioned table that of each partition is. Undefined where PostgreSQL has no such form.
 */
export async function keySafely(
  relation: RangeVar,
  constraint: Constraint,
  before: Pick<Before, 'known' | 'news'>,
  replaced?: Replaced,
): Promise<SafeForm | undefined> {
  const keyName = nameKey(relation, constraint)
  const owner = before.known.table(toName(relation))
  const isPartitioned = owner?.isPartitioned === true
  if (keyName === undefined || (isPartitioned && replaced)) return undefined
  if (!canBeTakenOver(constraint)) return undefined
  const table = tableOf(relation)
  const names = (constraint.keys ?? []).map((one) => readName(one).name)
  const open =
    constraint.contype === 'CONSTR_PRIMARY'
      ? names.filter((column) => !before.known.isRequired(toName(relation), column))
      : []
  return {
    statements: [
      ...open.flatMap((column) => requireValue(relation, column, before)),
      ...(isPartitioned
        ? await keyPartitions(relation, constraint, keyName, before.known)
        : buildAndTakeOver(relation, constraint, keyName, replaced)),
    ],
    requires: [
      ...(isPartitioned ? [noOtherPartitions(toName(relation), before.known)] : []),
      ...open.map((column) =>
        noNulls(table, quoteName(column), writeIsNull(toName(relation), column, before.known)),
      ),
      ...countUnfit(relation, constraint, keyName, before.known),
    ],
    isAlone: true,
  }
}

/** What an index of the key would refuse. */
function countUnfit(
  relation: RangeVar,
  { keys = [], including = [], nulls_not_distinct: areNullsEqual = false }: Constraint,
  keyName: string,
  known: KnownObjects,
): Check[] {
  const names = keys.map((one) => readName(one).name)
  const [table, name] = [rowsOf(relation, known), quoteName(keyName)]
  const set = names.map((one) => writeIsSet(toName(relation), one, known))
  const columns = [...names, ...including.map((one) => readName(one).name)]
  return [
    noDuplicates({ table, name, keys: names.map((one) => quoteName(one)), set, areNullsEqual }),
    ...requireSize({ relation: toName(relation), table, name: keyName, columns }, known),
  ]
}
