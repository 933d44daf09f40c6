import type pg from 'pg'
import { JOURNAL } from '../journal/journal.ts'
import { NAMES, WHOLE } from './references.ts'
import { keyedBy, pairColumns } from './pairs.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { findTableByOid, readArchived, type StoredTable } from './tables.ts'
import { asText, writeColumn } from './text.ts'
import { isSameRow, isSameValue, keyIn } from './values.ts'
import { isOurs } from './versions.ts'

/*
 * What a migration has just inserted gives way to rows of the archive only where nothing refers to it that stays.
 */

/** Rows that a migration has just inserted, and that are to give way to those of the archive. */
export interface GivingWay {
  readonly entry: ArchiveEntry
  readonly table: StoredTable
  /** True for a row `t` that was written by the migration. */
  readonly isOwn: string
  /** True for a row `t` of these that becomes another, or goes. */
  readonly changes: string
  readonly pending: readonly ArchiveEntry[]
}

interface Referring {
  readonly child: string
  readonly columns: readonly string[]
  readonly refers: readonly string[]
}

/**
 * What refers to rows that give way: `nothing`; only what the archive has references for (`restored`); or something
 * else (`others`), which would refer to another row without anybody's doing.
 */
export async function whatRefers(
  client: pg.ClientBase,
  given: GivingWay,
): Promise<'nothing' | 'restored' | 'others'> {
  let found: 'nothing' | 'restored' = 'nothing'
  for (const { child: oid, ...key } of await readReferring(client, given)) {
    const child = await findTableByOid(client, oid)
    if (!child || !key.columns.every((name) => child.columns.some((one) => one.name === name)))
      continue
    const stays = await whichStay(client, given, child, key.columns)
    if (await isReferred(client, given, child, key, stays)) return 'others'
    if (await isReferred(client, given, child, key, 'true')) found = 'restored'
  }
  return found
}

async function readReferring(
  client: pg.ClientBase,
  { entry, table, pending }: GivingWay,
): Promise<Referring[]> {
  const { rows } = await client.query<Referring>(
    `select f.conrelid::text as child, ${NAMES('f.conrelid', 'f.conkey')} as columns, ${NAMES('f.confrelid', 'f.confkey')} as refers
       from pg_constraint f where f.contype = 'f' and f.conparentid = 0 and f.confrelid in ${WHOLE} order by f.oid`,
    [table.oid],
  )
  // A foreign key that a later statement makes again.
  const noted = pending.flatMap(({ facts }) =>
    (facts.references ?? [])
      .filter((key) => key.table === entry.facts.table)
      .map(({ columns, refers }) => ({ child: facts.table ?? '0', columns, refers })),
  )
  return [...rows, ...noted]
}

/** True for a row `t` of the child that keeps the reference which it has. */
async function whichStay(
  client: pg.ClientBase,
  { isOwn, entry, pending }: GivingWay,
  child: StoredTable,
  columns: readonly string[],
): Promise<string> {
  const values = pending.filter(
    ({ kind, facts, columns: kept }) =>
      kind === 'values' &&
      facts.table === child.oid &&
      columns.some((column) => kept.includes(column)),
  )
  const restored = values.map((one) => {
    const isSame = isSameRow({ table: child, key: keyIn(one, child) })
    // What was marked before this transaction changed the row says it; else the version of the row does.
    const isFresh = `coalesce((pg_catalog.to_jsonb(a)->>'fresh')::boolean, false) or t.xmin::text operator(pg_catalog.=) a.stamp`
    return `exists (select from ${inArchive(one.relations[0] ?? '')} a where ${isSame} and (${isFresh}))`
  })
  const ofChild = [entry, ...pending].filter(
    ({ facts, migration, schema, table }) =>
      migration === entry.migration &&
      (facts.table === child.oid || (schema === child.schema && table === child.name)),
  )
  const isReplaced = ofChild.some(({ kind }) => kind === 'table')
  const rows = ofChild.filter(({ kind }) => kind === 'rows')
  const becomes = await Promise.all(rows.map((one) => whichBecome(client, one, child)))
  const isBack = await isGivenRows(client, child)
  const written = [
    ...(isReplaced ? [isOwn] : becomes.map((become) => `(${isOwn} and ${become})`)),
    ...(isBack ? [isOurs('t.xmin')] : []),
  ]
  const goes = [...restored, ...written]
  return goes.length === 0 ? 'true' : `not (${goes.join(' or ')})`
}

/** True for a row `t` of the child that has the key of one in the archive, which it is to become. */
async function whichBecome(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  child: StoredTable,
): Promise<string> {
  const relation = inArchive(entry.relations[0] ?? '')
  const common = pairColumns(entry, child, await readArchived(client, relation))
  return `exists (select from ${relation} a where ${keyedBy(child, common) ?? 'false'})`
}

/** Rows of the archive are in a table since this transaction. */
async function isGivenRows(client: pg.ClientBase, { oid }: StoredTable): Promise<boolean> {
  const { rows } = await client.query<{ given: boolean }>(
    `select exists (select from ${JOURNAL} j where event = 'restored' and facts->>'table' = $1 and facts->>'kind' = 'table' and ${isOurs('j.xmin')}) as given`,
    [oid],
  )
  return rows[0]?.given ?? false
}

async function isReferred(
  client: pg.ClientBase,
  { table, isOwn, changes }: GivingWay,
  child: StoredTable,
  { columns, refers }: Omit<Referring, 'child'>,
  which: string,
): Promise<boolean> {
  const same = refers.map((name, i) => {
    const column = table.columns.find((one) => one.name === name)
    return isSameValue(column, `p.k${i + 1}`, asText(`c.k${i + 1}`))
  })
  const { rows } = await client.query<{ found: boolean }>(
    `with p as materialized (select ${named(refers)} from ${table.from} t where ${isOwn} and ${changes}),
          c as (select ${named(columns)} from ${child.from} t where ${which})
     select exists (select from p join c on ${same.join(' and ')}) as found`,
  )
  return rows[0]?.found ?? false
}

function named(names: readonly string[]): string {
  return names.map((name, i) => `${writeColumn('t', name)} as k${i + 1}`).join(', ')
}
