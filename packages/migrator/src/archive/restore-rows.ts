import type pg from 'pg'
import { quoteName } from '../sql/quote-name.ts'
import { readsCatalogs } from './own-writes.ts'
import { isUntouched } from './contents.ts'
import { COPIED } from './copied.ts'
import { findOrigin, type Told } from './row-origin.ts'
import { whatRefers } from './giving-way.ts'
import { findRowsAstray, isGiven, type Astray } from './references.ts'
import { isWritten } from './versions.ts'
import { compareColumns, isEqual, removeRestored, type Comparison } from './left-rows.ts'
import { keyedBy, pairColumns } from './pairs.ts'
import type { Restored } from './restored.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import {
  countRows,
  keyWithout,
  readArchived,
  type StoredColumn,
  type StoredTable,
} from './tables.ts'
import { findCarried, type CarriedValues } from './carried-values.ts'
import type { Coming } from './find-target.ts'
import { asText, fromText, whyCut, writeAsAuthor, writeColumn } from './text.ts'

interface Source extends Comparison {
  readonly entry: ArchiveEntry
  /** The migration is the one that ran then: what it inserts itself was part of the rows. */
  readonly isSameMigration: boolean
  /** True for a row `t` that the migration has written. */
  readonly isOwn: string
  /** True for a row `a` of the archive that refers to nothing which is not restored. */
  readonly isRight: string
  readonly carried: CarriedValues
}

interface RestoringRows extends Pick<Source, 'isSameMigration'>, Told {
  /** All entries that wait. */
  readonly pending: readonly ArchiveEntry[]
  /** It was there before, and is not the one that lost its rows. */
  readonly isReplaced: boolean
  /** The run itself has taken the rows away just now. */
  readonly isGivenBack: boolean
  /** The migration may have committed within a statement: not all that it has written is told from what users have. */
  readonly isUntold: boolean
  readonly coming: Coming | undefined
}

/**
 * Puts rows back into a table. Rows whose keys other rows have now stay in the archive. What the migration itself has
 * just inserted gives way to what it had become before that was reverted, so that each row is there once: where it was
 * written from the migration's own text, or from rows that nobody has written since. Otherwise it may be newer, and stays.
 */
export async function restoreRows(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  { isSameMigration, pending, isReplaced, isGivenBack, isUntold, coming, ...told }: RestoringRows,
): Promise<Restored> {
  const kept = await readArchived(client, inArchive(entry.relations[0] ?? ''))
  const common = pairColumns(entry, table, kept)
  const values = new Map(
    common.map(({ column, from }) => [column.name, asText(writeColumn('a', from.name))]),
  )
  const astray = await findRowsAstray(client, entry, table, { values, ways: told.ways })
  const source = {
    entry,
    table,
    source: inArchive(entry.relations[0] ?? ''),
    common,
    ...compareColumns(entry, table, kept, common),
    isSameMigration,
    isOwn: isWritten(entry, told.ways),
    isRight: astray ? `not coalesce(${astray.sql}, false)` : 'true',
    carried: await findCarried(client, entry, table, { common, pending, coming, ways: told.ways }),
  }
  const total = await countRows(client, source.source)
  if (isReplaced && !isUntouched(entry.facts))
    return leaveAll(client, source, { total, why: REPLACED })
  const origin = isGivenBack ? 'text' : await findOrigin(client, entry, table, told)
  if (origin === 'none') return putBack(client, source, { total, astray })
  if (origin !== 'text' && (readsCatalogs(told.ways.own) || !isUntouched(entry.facts)))
    return leaveAll(client, source, { total, why: NEWER[origin] })
  // Without a key, what it has written would be there twice.
  if (isUntold && keyedBy(table, common) === undefined)
    return leaveAll(client, source, { total, why: NEWER.unknown })
  return giveWay(client, source, pending, { total, astray })
}

/** What the migration has inserted gives way. */
async function giveWay(
  client: pg.ClientBase,
  source: Source,
  pending: readonly ArchiveEntry[],
  putting: Omit<PuttingBack, 'overwritten'>,
): Promise<Restored> {
  const { total } = putting
  const refers = await whatRefers(client, { ...source, pending, changes: changesIn(source) })
  if (refers === 'others') return { restored: 0, left: total, why: REFERRED }
  const overwritten = await replaceOwn(client, source)
  const restored = await putBack(client, source, { ...putting, overwritten })
  // All or nothing: what stays would be referred to by what is restored.
  if (refers === 'restored' && restored.restored < total) throw new Referred(REFERRED)
  return restored
}

const REPLACED =
  'another table has its place since the loss, and what is not in that one may have been deleted there'

const REFERRED =
  'the migration has inserted other rows with their keys, and rows that were written since refer to those'

const NEWER = {
  rows: 'the migration fills the table from rows that were written since',
  unknown: 'the migration has put rows there, which may be from rows that were written since',
  reached:
    'the migration has changed rows there by a foreign key, a trigger or a rule, and some may have been written since',
} as const

/** What is in the table as it was waits no more. */
async function leaveAll(
  client: pg.ClientBase,
  source: Source,
  { total, why }: { readonly total: number; readonly why: string },
): Promise<Restored> {
  const left = await removeRestored(client, source)
  const { isCopied } = source.entry.facts
  return { restored: total - left, left, why: isCopied ? COPIED : why, isPartial: true }
}

/** Rows cannot be restored for what refers to others of their keys. */
export class Referred extends Error {}

/** True for a row `t` of the migration's own that becomes another one, or goes. What a default writes makes no other row. */
function changesIn(given: Source): string {
  const { entry, table, source, common, isSameMigration } = given
  const equal = tellsApart(given)
  const sameKey = keyedBy(table, common)
  const isThere = (same: readonly string[]) =>
    `exists (select from ${source} a where ${same.join(' and ') || 'true'})`
  const isAll = isWhole(entry, isSameMigration)
  // Without a key it goes, and what is as it was is inserted.
  if (sameKey === undefined) return isAll ? 'true' : isThere(tellsSame(given))
  const isTwin = hasGivenKey(given) ? ` or ${isThere(equal)}` : ''
  const goes = isAll ? 'true' : `(${isThere([sameKey])}${isTwin})`
  return `${goes} and not ${isThere([sameKey, ...equal])}`
}

/**
 * What is equal of a row `t` without a key and a row `a` of the archive if they are the same. What the same migration
 * has written by now() is another moment each time; that of this transaction is in no row which is older.
 */
function tellsSame({ common, isSameMigration }: Source): string[] {
  return common.map(({ column, from }) => {
    const equal = isEqual(column, from)
    if (!isSameMigration || column.type !== 'timestamp with time zone') return equal
    const isNow = `t.${quoteName(column.name)} operator(pg_catalog.=) pg_catalog.transaction_timestamp()`
    return `(${equal} or ${isNow})`
  })
}

/** What is equal of a row `t` and a row `a` of the archive if they are the same: neither the key nor what a default writes. */
function tellsApart({ table, common }: Pick<Source, 'table' | 'common'>): string[] {
  const key = keyWithout(table, []) ?? []
  const others = common.filter(({ column }) => !key.includes(column.name))
  const told = others.filter(({ column }) => !column.hasDefault)
  return (told.length > 0 ? told : others).map(({ column, from }) => isEqual(column, from))
}

/** The same migration has inserted the rows again, under keys that a default has given: only the rest of a row tells which it is. */
function hasGivenKey({ table, common, isSameMigration }: Source): boolean {
  const key = keyWithout(table, []) ?? []
  const given = common.filter(({ column }) => key.includes(column.name) && column.hasDefault)
  return isSameMigration && key.length > 0 && given.length === key.length
}

function isWhole({ kind, facts }: ArchiveEntry, isSameMigration: boolean): boolean {
  return isSameMigration && (kind === 'table' || facts.isWhole === true)
}

interface PuttingBack {
  readonly total: number
  readonly astray: Astray | undefined
  readonly overwritten?: number
}

async function putBack(
  client: pg.ClientBase,
  source: Source,
  { total, astray, overwritten = 0 }: PuttingBack,
): Promise<Restored> {
  const { homeless, narrower } = source
  const strays = astray ? await countRows(client, `${source.source} a where ${astray.sql}`) : 0
  const inserted = await insertMissing(client, source)
  const put = overwritten + inserted
  const isWhole =
    put === total &&
    narrower.length === 0 &&
    (await countValues(client, source.source, homeless)) === 0
  if (isWhole) return { restored: total, left: 0, why: '' }
  const left = await removeRestored(client, source)
  const without = await countValues(client, source.source, homeless)
  const taken = left - strays - without
  const why = [
    ...(astray && strays > 0 ? [`${strays} rows ${astray.why}`] : []),
    ...(without > 0
      ? [`${homeless.map(({ name }) => name).join(', ')}: the table has no such column now`]
      : []),
    ...(taken > 0 && put < total ? [`${taken} rows have keys that other rows have now`] : []),
    ...(taken > 0 && put === total ? [`${taken} rows ${whyCut(narrower)}`] : []),
  ]
  const restored = Math.max(put, total - left)
  return { restored, left, why: why.join('; '), isPartial: put < total }
}

/** With what they had in columns that went before them; rows of which nothing is known there get its default. */
async function insertMissing(client: pg.ClientBase, given: Source): Promise<number> {
  const { sources } = given.carried
  if (sources.length === 0) return insertRows(client, given)
  const joined = sources.map(({ from, isSame }) => `join ${from} on ${isSame}`).join(' ')
  const isThere = sources.map(({ from, isSame }) => `exists (select from ${from} where ${isSame})`)
  const carrying = await insertRows(client, given, { joined, values: given.carried.values })
  return carrying + (await insertRows(client, given, { where: `not (${isThere.join(' and ')})` }))
}

interface Inserting {
  readonly joined?: string
  /** Besides those of the archive's rows. */
  readonly values?: ReadonlyMap<string, string>
  readonly where?: string
}

async function insertRows(
  client: pg.ClientBase,
  { table, source, common, isRight }: Source,
  { joined = '', values = new Map(), where = 'true' }: Inserting = {},
): Promise<number> {
  const given = [
    ...common.map(({ column, from }) => [column.name, converted('a', from, column)] as const),
    ...values,
  ]
  const names = given.map(([name]) => quoteName(name)).join(', ')
  const isNew = keyedBy(table, common)
  const isMissing =
    isNew === undefined ? '' : ` and not exists (select from ${table.from} t where ${isNew})`
  const missing = `${joined} where ${isRight} and ${where}${isMissing}`
  const unlessThere = table.hasDeferrableKeys ? '' : 'on conflict do nothing'
  return writeAsAuthor(
    client,
    names === ''
      ? `insert into ${table.sql} select from ${source} a ${missing}`
      : `insert into ${table.sql} (${names}) overriding system value
         select ${given.map(([, value]) => value).join(', ')} from ${source} a ${missing} ${unlessThere}`,
  )
}

/**
 * Rows that the migration itself has just inserted, and nobody has touched since. With a key they become what
 * the archive has of them; without one, or where the archive has all that there was, they go.
 */
async function replaceOwn(client: pg.ClientBase, source: Source): Promise<number> {
  const { entry, table, common, isSameMigration, isOwn } = source
  const sameKey = keyedBy(table, common)
  const isAll = isWhole(entry, isSameMigration)
  if (sameKey === undefined) {
    // What the archive has just restored of another one is no row of the migration's own.
    if (!isSameMigration && (await isGiven(client, table, entry))) return 0
    const equal = tellsSame(source).join(' and ')
    const isArchived = isAll
      ? 'true'
      : `exists (select from ${source.source} a where ${equal || 'true'})`
    await writeAsAuthor(client, `delete from ${table.from} t where ${isOwn} and ${isArchived}`)
    return 0
  }
  if (isAll) {
    await writeAsAuthor(
      client,
      `delete from ${table.from} t where ${isOwn} and not exists (select from ${source.source} a where ${sameKey})`,
    )
  }
  if (!isAll && hasGivenKey(source)) {
    const equal = tellsApart(source).join(' and ')
    const isThere = (same: string) => `exists (select from ${source.source} a where ${same})`
    await writeAsAuthor(
      client,
      `delete from ${table.from} t where ${isOwn} and ${isThere(equal || 'true')} and not ${isThere(sameKey)}`,
    )
  }
  const key = keyWithout(table, []) ?? []
  const others = common.filter(({ column }) => !key.includes(column.name) && !column.isIdentity)
  if (others.length === 0) return 0
  const set = others.map(
    ({ column, from }) => `${quoteName(column.name)} = ${converted('a', from, column)}`,
  )
  return writeAsAuthor(
    client,
    `update ${table.from} t set ${set.join(', ')} from ${source.source} a where ${sameKey} and ${isOwn} and ${source.isRight}`,
  )
}

/** A value of the archive as one of the table: as it is where the type is the same, else through text. */
function converted(alias: string, from: StoredColumn, to: StoredColumn): string {
  const value = writeColumn(alias, from.name)
  return from.typeOid === to.typeOid ? value : fromText(`(${asText(value)})`, to)
}

/** Rows in which one of the columns has a value. */
async function countValues(
  client: pg.ClientBase,
  source: string,
  columns: readonly StoredColumn[],
): Promise<number> {
  if (columns.length === 0) return 0
  const any = columns.map(({ name }) => `${quoteName(name)} is distinct from null`).join(' or ')
  return countRows(client, `${source} where ${any}`)
}
