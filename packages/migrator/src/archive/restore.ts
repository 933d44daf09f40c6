import { trySavepoint } from '../session/savepoints.ts'
import { inOrder } from './restore-order.ts'
import type pg from 'pg'
import type { RestoreResult } from '../events.ts'
import type { Direction } from '../migration.ts'
import { appendEntry, ARCHIVE_SCHEMA, type Writer } from '../journal/journal.ts'
import { markFresh, markWritten, findValues } from './evidence.ts'
import { renewStamps } from './followed-rows.ts'
import { followKeys, followRestored } from './held.ts'
import { mayCommitWithin, NO_WAYS, type Ways } from './own-writes.ts'
import { addsWhatItAdded } from './row-origin.ts'
import { columnsIn, findTargets, type Coming, type Target } from './find-target.ts'
import { Referred, restoreRows } from './restore-rows.ts'
import type { Restored } from './restored.ts'
import { findNewerSets } from './newer-sets.ts'
import type { Reached } from './reached-rows.ts'
import { restoreValues } from './restore-values.ts'
import { COPIED } from './copied.ts'
import { newestWriter } from './versions.ts'
import { dropEntry, hasArchive, inArchive, type ArchiveEntry } from './schema.ts'
import { advanceSequence, advanceToEntry } from './sequences.ts'
import type { StoredTable } from './tables.ts'
import { isRefused, withExactText } from './text.ts'
import { withDeferredKeys, withoutSideEffects } from './triggers.ts'

export interface Restoring {
  readonly actor: Writer
  /** All entries that wait: values of rows that are restored belong to those rows. */
  readonly pending: readonly ArchiveEntry[]
  /** Of the migration that is run now; absent: a person restores by hand. */
  readonly checksum?: string | undefined
  readonly direction?: Direction
  /** Values stay in the archive as well, until the migration has done its work. */
  readonly isLent?: boolean
  /** What PostgreSQL refuses is tried again, behind what it refers to: nothing is said of it yet. */
  readonly mayWait?: boolean
  /** PostgreSQL refuses all values of an entry together. */
  readonly isRefused?: boolean
  /** Statements of the migration that are still to come: names are those that it ends with. */
  readonly coming?: Coming
  /** Tables that were made in the place of others, by the names under which that happened. */
  readonly sighted?: ReadonlyMap<string, string>
  /** What the migration writes itself; absent: there is none. */
  readonly ways?: Ways
  /** Tables that were there before. */
  readonly there?: ReadonlySet<string> | undefined
  /** Rows that its statements have reached so far. */
  readonly reached?: Reached
  /** Entries of which the run has said, before its statements, which rows are fresh. */
  readonly marked?: ReadonlyMap<string, unknown>
}

/**
 * Restores entries in the transaction that is open: all of them together, or one by one where together
 * PostgreSQL refuses. An entry that cannot be restored, or not wholly, stays in the archive, with the reason. Returns
 * what became of each, but for those that may wait.
 */
export async function restoreEntries(
  client: pg.ClientBase,
  entries: readonly ArchiveEntry[],
  restoring: Restoring,
): Promise<RestoreResult[]> {
  const ordered = await inOrder(client, entries)
  const all = await attempt(client, ordered, restoring)
  if (Array.isArray(all)) return all
  const eased = await attempt(client, ordered, restoring, { defersKeys: true, ...AS_OLD_ROWS })
  if (Array.isArray(eased)) return eased
  return oneByOne(client, ordered, restoring)
}

async function oneByOne(
  client: pg.ClientBase,
  ordered: readonly ArchiveEntry[],
  restoring: Restoring,
): Promise<RestoreResult[]> {
  const results: RestoreResult[] = []
  let waiting = [...ordered]
  for (;;) {
    const refused: [ArchiveEntry, Error][] = []
    for (const entry of waiting) {
      const result = await attempt(client, [entry], without(restoring, results), AS_OLD_ROWS)
      if (Array.isArray(result)) results.push(...result)
      else refused.push([entry, result])
    }
    if (refused.length === waiting.length) {
      if (restoring.mayWait) return results
      for (const [entry, error] of refused)
        results.push(...(await giveSome(client, entry, without(restoring, results), error)))
      return results
    }
    waiting = refused.map(([entry]) => entry)
  }
}

/** Of an entry that is refused as a whole, some values may go back. */
async function giveSome(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  restoring: Restoring,
  { message }: Error,
): Promise<RestoreResult[]> {
  const isPossible = entry.kind === 'values' && !restoring.isLent
  const giving = { ...restoring, isRefused: true }
  const some = isPossible && (await attempt(client, [entry], giving, AS_OLD_ROWS))
  if (Array.isArray(some)) return some
  return [await leave(client, entry, { why: `it was refused: ${message}` }, restoring)]
}

/** What is set aside while entries are restored that PostgreSQL has refused: it costs stronger locks. */
interface Easing {
  readonly defersKeys?: boolean
  /** Constraints that are not valid say nothing of old rows, and what is restored is as old as it was. */
  readonly skipsUnvalidated?: boolean
}

const AS_OLD_ROWS: Easing = { skipsUnvalidated: true }

/** All of these, or none of them and the error for which PostgreSQL refused one. */
async function attempt(
  client: pg.ClientBase,
  entries: readonly ArchiveEntry[],
  restoring: Restoring,
  easing: Easing = {},
): Promise<RestoreResult[] | Error> {
  const restore = () => withExactText(client, () => restoreAll(client, entries, restoring, easing))
  const tried = await trySavepoint(client, restore, isRefusal)
  return 'value' in tried ? tried.value : (tried.refusal as Error)
}

const isRefusal = (error: unknown) => error instanceof Referred || isRefused(error)

async function restoreAll(
  client: pg.ClientBase,
  entries: readonly ArchiveEntry[],
  restoring: Restoring,
  { defersKeys = false, skipsUnvalidated = false }: Easing,
): Promise<RestoreResult[]> {
  const { targets, homeless } = await findTargets(client, entries, restoring)
  const results: RestoreResult[] = []
  for (const { entry, ...left } of homeless)
    results.push(await leave(client, entry, left, restoring))
  const tables = [...new Map(targets.map(({ table }) => [table.oid, table])).values()]
  const others = await lockAndMark(client, targets, tables, restoring)
  const work = async () => {
    for (const target of targets) {
      const { entry, table } = target
      const written = await writtenBy(client, entry)
      const named = { schema: table.schema, name: table.name }
      const evidence = { table: table.oid, named, kind: entry.kind, written }
      const restored = await restoreOne(client, target, without(restoring, results))
      results.push(await record(client, entry, restored, restoring, evidence))
    }
  }
  const quietly = () => withoutSideEffects(client, tables, { work, skipsUnvalidated })
  await (defersKeys ? withDeferredKeys(client, tables, quietly) : quietly())
  const done = new Set(results.filter(({ note }) => note === undefined).map(({ entry }) => entry))
  for (const entry of others.filter(({ id }) => !done.has(id))) {
    const table = tables.find(({ oid }) => oid === entry.facts.table)
    if (table) await renewStamps(client, entry, table)
  }
  for (const entry of entries.filter(({ kind }) => kind === 'sequence')) {
    results.push(await restoreSequence(client, entry, restoring))
  }
  return results
}

/** What has just been restored waits no more. */
function without(restoring: Restoring, results: readonly RestoreResult[]): Restoring {
  const gone = new Set(results.filter(({ note }) => note === undefined).map(({ entry }) => entry))
  return { ...restoring, pending: restoring.pending.filter(({ id }) => !gone.has(id)) }
}

/** Says which values may be restored; returns all entries with values of rows of these tables. */
async function lockAndMark(
  client: pg.ClientBase,
  targets: readonly Target[],
  tables: readonly StoredTable[],
  restoring: Restoring,
): Promise<ArchiveEntry[]> {
  const { pending, marked } = restoring
  for (const { sql } of tables) await client.query(`lock table ${sql} in share row exclusive mode`)
  const others = tables.flatMap(({ oid }) => findValues(pending, oid))
  const all = new Set([...others, ...targets.map(({ entry }) => entry)])
  for (const entry of all) {
    const hasEvidence = entry.kind === 'values' && entry.facts.table !== undefined
    if (!hasEvidence || marked?.has(entry.id)) continue
    await markFresh(client, entry)
  }
  for (const target of targets) {
    const ways = waysFor(target.entry, restoring)
    if (findNewerSets(target.entry, target.table, ways).length === 0) continue
    await markWritten(client, restoring.actor, target, ways)
  }
  return others
}

/** What a run takes from rows that were restored, and restores at once, is newer than all that it writes. */
function waysFor({ run }: ArchiveEntry, { actor, ways = NO_WAYS }: Restoring): Ways {
  return run === actor.run ? NO_WAYS : ways
}

/** The rows of a table that was moved are as they were written. */
async function writtenBy(
  client: pg.ClientBase,
  { kind, facts, relations }: ArchiveEntry,
): Promise<string | undefined> {
  if (kind !== 'table') return facts.written
  return newestWriter(client, inArchive(relations[0] ?? ''), 'xmin')
}

async function restoreOne(
  client: pg.ClientBase,
  { entry, table }: Target,
  restoring: Restoring,
): Promise<Restored> {
  const { checksum, pending, coming, isLent = false, isRefused = false, there } = restoring
  const ways = waysFor(entry, restoring)
  if (entry.kind === 'values') {
    // A copy has no evidence, and an older version has left none.
    if (entry.facts.table === undefined) {
      const why = entry.facts.isCopied ? COPIED : KEPT_BY_OLDER
      return { restored: 0, left: Number(entry.rows), why }
    }
    const columns = columnsIn(entry, table, coming)
    const others = findValues(pending, table.oid)
    const giving = { columns, others, isLent, isRefused, ways }
    const restored = await restoreValues(client, entry, table, giving)
    if (!isLent) await followKeys(client, entry, table, pending)
    return restored
  }
  const isSameMigration =
    entry.facts.checksum === checksum || (await addsWhatItAdded(client, entry, table, ways))
  const isThere = there?.has(table.oid)
  const isNew = isThere === false
  const isReplaced = isThere === true && entry.facts.table !== table.oid
  const isGivenBack = entry.run === restoring.actor.run
  const isUntold = restoring.ways?.own.some(mayCommitWithin) === true
  const { reached = NOTHING } = restoring
  const found = { isSameMigration, isNew, isReplaced, isGivenBack, isUntold, coming }
  const judging = { ...found, pending, ways, reached }
  const restored = await restoreRows(client, entry, table, judging)
  await followRestored(client, { entry, table, ...restored }, pending)
  for (const [column, last] of Object.entries(entry.sequences)) {
    await advanceSequence(client, table, { last, isCalled: true, column })
  }
  return restored
}

const NOTHING: Reached = { updated: [], deleted: [] }

const KEPT_BY_OLDER =
  'an older version of the migrator kept them, without what finds their rows for certain'

async function restoreSequence(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  restoring: Restoring,
): Promise<RestoreResult> {
  const isThere = await advanceToEntry(client, entry)
  const why = `there is no sequence ${showObject(entry)}`
  const restored = { restored: isThere ? 1 : 0, left: isThere ? 0 : 1, why, lacks: !isThere }
  return record(client, entry, restored, restoring)
}

async function record(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  { restored, left, why, lacks = false }: Restored,
  { actor, direction = 'up', isLent = false }: Restoring,
  evidence: object = {},
): Promise<RestoreResult> {
  const note = left > 0 ? why : undefined
  const { id, migration } = entry
  const object = showObject(entry)
  if (isLent) return { entry: id, migration, object, restoredRows: restored, note }
  if (left === 0) await dropEntry(client, entry)
  else await setNote(client, entry.id, { note: why, rows: left, lacks })
  await appendEntry(client, actor, {
    event: 'restored',
    migration,
    direction,
    rows: restored,
    note: note === undefined ? object : `${object}: ${note}`,
    facts: { entry: id, object, given: restored, left, run: entry.run, ...evidence },
  })
  return { entry: id, migration, object, restoredRows: restored, note }
}

/** For people. */
export function showObject({ schema, table, columns, facts }: ArchiveEntry): string {
  const name = schema === 'public' ? table : `${schema}.${table}`
  if (facts.sequence)
    return facts.sequence.column
      ? `${name}.${facts.sequence.column} (sequence)`
      : `${name} (sequence)`
  return columns.length === 0 ? name : columns.map((column) => `${name}.${column}`).join(', ')
}

async function leave(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  why: Pick<Restored, 'why' | 'lacks'>,
  restoring: Restoring,
): Promise<RestoreResult> {
  return record(client, entry, { restored: 0, left: Number(entry.rows), ...why }, restoring)
}

async function setNote(
  client: pg.ClientBase,
  id: string,
  { note, rows, lacks }: { readonly note: string; readonly rows: number; readonly lacks: boolean },
): Promise<void> {
  await client.query(
    `update ${ARCHIVE_SCHEMA}.entries
        set note = $2, rows = $3, facts = facts - 'lacks' || case when $4 then '{"lacks": true}'::jsonb else '{}' end where id = $1`,
    [id, note, rows, lacks],
  )
}

/** A migration goes the way again on which it lost something: what had no place since may have one when it comes back. */
export async function waitAgain(
  client: pg.ClientBase,
  { ledger }: Pick<Writer, 'ledger'>,
  { names, direction }: { readonly names: readonly string[]; readonly direction: Direction },
): Promise<void> {
  if (!(await hasArchive(client))) return
  await client.query(
    `update ${ARCHIVE_SCHEMA}.entries set note = null
      where ledger = $1 and migration = any ($2) and coalesce(facts->>'direction', 'down') = $3 and facts ? 'lacks'`,
    [ledger, names, direction],
  )
}
