import { trySavepoint } from '../session/savepoints.ts'
import type pg from 'pg'
import { lockTargets, meantBy } from '../locks/lock-targets.ts'
import type { Direction, DataLoss, Statement } from '../migration.ts'
import { asAuthor } from '../session/author.ts'
import { sqlState } from '../session/connect.ts'
import { countTableLoss } from './count.ts'
import { lookingAhead } from './look-ahead.ts'
import { isNamed, type AllowedLosses } from './unarchivable.ts'
import type { StoredColumn, StoredTable } from './tables.ts'
import type { TableLoss } from './table-loss.ts'
import { withConversions, type Replacing } from './conversions.ts'
import { findTableLosses } from './find-table-losses.ts'

/**
 * A smaller table is copied under the lock of its statement: 4.5 MB (32,000 rows) made a segment of 0.2 s one of 0.55 s,
 * on two cores under a load of 20. A copy of its own costs a lock for its trigger, two commits and an index; with it the
 * segment took 0.1 s whether the table had 11 MB or 56 MB, where the copy took 0.8 s and 3.1 s.
 */
export const LARGE_TABLE = 4 * 1024 * 1024

/** Values of a large table that a segment is going to take away. */
export interface ForeseenCopy {
  readonly table: StoredTable
  readonly columns: readonly StoredColumn[]
  /** The rows concerned, as a condition; absent: all. */
  readonly where?: string
}

interface Scope {
  readonly statements: readonly Statement[]
  /** All of the migration. */
  readonly own: readonly Statement[]
  readonly direction: Direction
  readonly lose: AllowedLosses
  /** Milliseconds that it waits for a lock. */
  readonly lockTimeout: number
}

/** True where a segment may need such a copy. */
export function mayNeedCopies(statements: readonly Statement[]): boolean {
  return statements.some(({ dataLosses }) => dataLosses.some(isForeseeable))
}

/**
 * Finds what the statements of a segment will need, before its first one. What is not foreseen is copied under their
 * locks: so is what they take from a table that an earlier one may rename, alter or write, since only the names, the
 * columns and the values of today are known here.
 */
export async function foreseeCopies(
  client: pg.ClientBase,
  scope: Scope,
): Promise<readonly ForeseenCopy[]> {
  const { statements, own, lose, lockTimeout } = scope
  const found: ForeseenCopy[] = []
  const touched = new Set<string>()
  await lookingAhead(client, lockTimeout, async () => {
    for (const one of statements) {
      const statement = withConversions(one, own)
      if (statement.isSet) await asAuthor(client, () => client.query(statement.sql))
      const copies = await copiesFor(client, statement, scope)
      found.push(...copies.filter(({ table }) => !touched.has(table.oid)))
      if (statement.hasUnknownLocks) return
      if (dropsNoKey(statement, copies)) continue
      for (const oid of await touchedBy(client, statement)) touched.add(oid)
    }
  })
  return found
    .map((copy) => ({
      ...copy,
      columns: copy.columns.filter(({ name }) => !isNamed(lose, copy.table, name)),
    }))
    .filter(({ table, columns }) => isLarge(table) && columns.length > 0)
}

async function copiesFor(
  client: pg.ClientBase,
  { sql, dataLosses }: Statement,
  { direction }: Scope,
): Promise<ForeseenCopy[]> {
  const drops = dataLosses.filter(isForeseeable)
  const others = drops.filter((drop) => !isConversion(drop))
  const { tableLosses } = await findTableLosses(client, { sql, dataLosses: others })
  const copies = tableLosses.map(foreseeCopy)
  for (const drop of drops.filter(isConversion)) {
    const converted = await findTableLosses(client, { sql, dataLosses: [drop] })
    for (const tableLoss of converted.tableLosses) {
      if (!isLarge(tableLoss.table)) continue
      const where =
        direction === 'up' || drop.by !== undefined
          ? await findCondition(client, (await countTableLoss(client, tableLoss)).tableLoss)
          : undefined
      copies.push({ ...foreseeCopy(tableLoss), ...(where !== undefined && { where }) })
    }
  }
  return copies
}

/** Columns that go leave the others, and what finds their rows, as they are. */
function dropsNoKey({ dataLosses }: Statement, copies: readonly ForeseenCopy[]): boolean {
  const isKey = ({ table, columns }: ForeseenCopy) =>
    columns.some(({ name }) => table.keys.some((key) => key.includes(name)))
  return dataLosses.length > 0 && dataLosses.every(isDrop) && !copies.some(isKey)
}

const isDrop = (loss: DataLoss) =>
  loss.what === 'column' || (isConversion(loss) && loss.by !== undefined)

/** The relations that a statement does more to than read, as far as its text says. */
async function touchedBy(client: pg.ClientBase, statement: Statement): Promise<string[]> {
  const locks = await meantBy(
    client,
    { settings: [], statements: [{ ...statement, isSet: false }] },
    (one) => one.locks.filter(({ mode }) => mode !== 'ACCESS SHARE' && mode !== 'ROW SHARE'),
  )
  return (await lockTargets(client, locks)).map(({ oid }) => String(oid))
}

const isForeseeable = ({ what }: DataLoss) =>
  what === 'objects' || what === 'column' || what === 'conversion'

const isConversion = (loss: DataLoss): loss is Replacing => loss.what === 'conversion'

/** Whoever forces row security on a table must take a strong lock to see all of it. */
function isLarge({ bytes, hidesRows }: StoredTable): boolean {
  return bytes >= LARGE_TABLE && !hidesRows
}

/** A table that goes is moved, and has no columns here. */
function foreseeCopy({ table, columns }: TableLoss): ForeseenCopy {
  const isTaken = new Set(columns.map(({ name }) => name))
  return {
    table,
    columns: table.columns.filter(({ name, isGenerated }) => isTaken.has(name) && !isGenerated),
  }
}

/** The condition of the rows that a conversion takes from, once it was counted; undefined where it has to be all of them. */
export async function findCondition(
  client: pg.ClientBase,
  { columns, table }: TableLoss,
): Promise<string | undefined> {
  const where = columns[0]?.isTaken
  return where !== undefined && (await isUnderstood(client, table, where)) ? where : undefined
}

const isRefusal = (error: unknown) => sqlState(error)?.startsWith('42') ?? false

/** A type of the author's, unqualified, means nothing to the migrator, who makes the copy. */
async function isUnderstood(client: pg.ClientBase, { from }: StoredTable, where: string) {
  const look = () => client.query(`select from ${from} where ${where} limit 0`)
  return 'value' in (await trySavepoint(client, look, isRefusal))
}
