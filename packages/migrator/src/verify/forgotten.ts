import type { Migration } from '../migration.ts'
import type { SaidLoss, SaidLosses } from './said-losses.ts'
import type { TableRows } from './row-snapshot.ts'

/**
 * What `up` deletes and overwrites and the archive keeps nothing of, since the migration does not ask for it (`keepRows`),
 * unless `down` writes the same: that is its mirror, and has to restore it.
 */
export function findForgotten(
  { keepRows }: Migration,
  up: SaidLosses,
  down: SaidLosses,
): SaidLosses {
  const forgotten: SaidLosses = new Map()
  if (keepRows !== undefined) return forgotten
  for (const [oid, said] of up) {
    if (!said.isWritten) continue
    const mirror = down.get(oid)
    const columns = [...said.columns].filter(([number]) => !mirror?.columns.has(number))
    const rows = mirror?.isFilled ? 0 : said.rows
    if (rows === 0 && columns.length === 0) continue
    forgotten.set(oid, { ...said, isGone: false, rows, columns: new Map(columns) })
  }
  return forgotten
}

/** A phrase for each table. */
export function describeForgotten(
  forgotten: ReadonlyMap<string, SaidLoss>,
  tables: readonly TableRows[],
): string[] {
  return tables.flatMap(({ oid, name, columns }) => {
    const said = forgotten.get(oid)
    if (!said) return []
    const names = columns.filter(({ number }) => said.columns.has(number)).map((one) => one.name)
    return said.rows > 0 ? [`rows of ${name}`] : names.map((column) => `${name}.${column}`)
  })
}
