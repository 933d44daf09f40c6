import type { RangeVar } from '@pgsql/types'
import { createHash } from 'node:crypto'
import { LONGEST_NAME } from '../catalog/identity.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import { toName } from '../phase/release.ts'
import { quoteName } from '../sql/quote-name.ts'

/** A table as statements name it. */
export function tableOf(relation: RangeVar | undefined): string {
  return quoteName(relation?.relname ?? '', relation?.schemaname)
}

/** Its own rows, as a query names them: those of tables that inherit from it are of no key of its. */
export function rowsOf(relation: RangeVar | undefined, known: KnownObjects): string {
  const name = toName(relation)
  const isParent = known.hasChildren(name) && known.table(name)?.isPartitioned !== true
  return `${isParent ? 'only ' : ''}${tableOf(relation)}`
}

/** A name that PostgreSQL leaves whole: two that it has cut off may be the same. */
export function fitName(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  let start = name
  while (Buffer.byteLength(start) > LONGEST_NAME - hash.length - 1) start = start.slice(0, -1)
  return `${start}_${hash}`
}

/** The name itself, or a like one that nothing has. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  const fitting = fitName(name)
  return isTaken(fitting) ? freeName(`${name}_too`, isTaken) : fitting
}
