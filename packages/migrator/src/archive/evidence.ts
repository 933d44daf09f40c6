import { isUnreadable } from './count.ts'
import { sqlState } from '../session/connect.ts'
import { trySavepoint } from '../session/savepoints.ts'
import type pg from 'pg'
import type { LockMode, Statement } from '../migration.ts'
import { ARCHIVE_SCHEMA, type Writer } from '../journal/journal.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import {
  followLeftOver,
  followRows,
  isSameTally,
  NO_TALLY,
  numberRows,
  readTallies,
  renewStamps,
  type Tally,
} from './followed-rows.ts'
import { IS_THERE } from './held.ts'
import type { Ways } from './own-writes.ts'
import { whyUnread } from './strangers.ts'
import { findTableByOid, meantByAll, type StoredTable } from './tables.ts'
import { fileAt, withExactText } from './text.ts'
import { mayRewrite, mayRewriteTable, type Kept } from './statement-kinds.ts'
import { ArchiveGuard } from './tampering.ts'
import { seenByOwner } from './triggers.ts'
import { isSameRow, keyIn } from './values.ts'
import { isWritten } from './versions.ts'

/*
 * A value is restored only into the row that lost it. The evidence is the row's version: its xmin, which every
 * UPDATE changes, and which another row of the same key does not have. Where the migrator itself changes rows
 * (a rewrite, a later restore), it says before which rows still have their version, under a lock that lets
 * nobody else write, and gives those their new one afterwards (held.ts: of rows that the archive itself holds).
 */

/** The entries among these that hold values of rows of one table. */
export function findValues(entries: readonly ArchiveEntry[], oid: string): ArchiveEntry[] {
  return entries.filter(({ kind, facts }) => kind === 'values' && facts.table === oid)
}

/** Says which rows still have their version. The table must be locked against writers. */
export async function markFresh(client: pg.ClientBase, entry: ArchiveEntry): Promise<void> {
  const table = await findReadable(client, entry.facts.table)
  const relation = inArchive(entry.relations[0] ?? '')
  await client.query(`alter table ${relation} add column if not exists fresh boolean`)
  await addRanks(client, relation)
  const setFresh = (isFresh: string) =>
    client.query(`update ${relation} a set fresh = not ${IS_THERE} or coalesce(${isFresh}, false)`)
  if (!table) {
    await setFresh('false')
    return
  }
  await seenByOwner(client, table, async () => {
    const isThere = entry.key.length > 0 ? 'true' : `a.file = ${fileAt('a.place')}`
    await setFresh(
      `exists (select from ${table.from} t where ${isSameRow({ table, key: keyIn(entry, table) })} and t.xmin::text = a.stamp and ${isThere})`,
    )
  })
}

/** Says which rows the migration itself has set: what it has set may be newer than the archive. */
export async function markWritten(
  client: pg.ClientBase,
  { run }: Writer,
  { entry, table }: { readonly entry: ArchiveEntry; readonly table: StoredTable },
  ways: Ways,
): Promise<void> {
  const key = keyIn(entry, table)
  if (key.includes('')) return
  const relation = inArchive(entry.relations[0] ?? '')
  await client.query(`alter table ${relation} add column if not exists "set" boolean`)
  const isSet = `${isSameRow({ table, key })} and ${isWritten(entry, ways, run)}`
  await seenByOwner(client, table, () =>
    client.query(`update ${relation} a set "set" = true from ${table.from} t where ${isSet}`),
  )
}

/** What rows without a key are found again by: also before a rank is known, so that every statement can ask for it. */
export async function addRanks(client: pg.ClientBase, relation: string): Promise<void> {
  await client.query(
    `alter table ${relation} add column if not exists nth bigint, add column if not exists total bigint, add column if not exists file oid`,
  )
}

async function findReadable(
  client: pg.ClientBase,
  oid: string | undefined,
): Promise<StoredTable | undefined> {
  const table = await findTableByOid(client, oid ?? '0')
  // Moved into the archive, its rows have the name of their entry for a version.
  if (!table || table.schema === ARCHIVE_SCHEMA) return undefined
  return (await whyUnread(client, table)) === undefined ? table : undefined
}

/** object_in_use: a table whose row security binds its owner is read while none of its triggers waits. */
const cannotSay = (error: unknown) => isUnreadable(error) || sqlState(error) === '55006'

/**
 * Says that no row has its version where it cannot be found out: the key has another type by now, say. What the
 * archive cannot do stops no migration, so what it has stays there.
 */
async function orNoneFresh(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  work: () => Promise<unknown>,
): Promise<void> {
  const tried = await trySavepoint(client, work, cannotSay)
  if (!('refusal' in tried)) return
  const relation = inArchive(entry.relations[0] ?? '')
  await client.query(`alter table ${relation} add column if not exists fresh boolean`)
  await client.query(`update ${relation} set fresh = false, stamp = null`)
}

/** Locks under which no statement changes a row; VALIDATE CONSTRAINT is to let others write. */
const LEAVES_ROWS: ReadonlySet<LockMode> = new Set([
  'ACCESS SHARE',
  'ROW SHARE',
  'SHARE UPDATE EXCLUSIVE',
])

/** What the archive holds while a segment runs, and which of its values still have their evidence. */
export class Evidence {
  readonly #client: pg.ClientBase
  /** Sees what the author's statements do to it. */
  readonly guard: ArchiveGuard
  /** With what had been counted of its table when its rows were seen last. */
  readonly #marked = new Map<string, Tally>()
  /** Entries whose rows are found again when it is known which of them were deleted, with what was counted before. */
  #leftOver: ReadonlyMap<string, Tally> = new Map()
  /** The same before the statement at work. */
  #leftOverBefore: ReadonlyMap<string, Tally> = this.#leftOver
  #isUndone = false
  /** The way back restores the rows that this way changes. */
  readonly #isReverted: boolean
  #entries: readonly ArchiveEntry[]

  constructor(client: pg.ClientBase, pending: readonly ArchiveEntry[], isReverted: boolean) {
    this.#client = client
    this.#isReverted = isReverted
    this.guard = new ArchiveGuard(client)
    this.#entries = pending
  }

  /** What waits in the archive, with what this segment has added to it. */
  get entries(): readonly ArchiveEntry[] {
    return this.#entries
  }

  /** Entries of which `markFresh` has said which rows are fresh. */
  get marked(): ReadonlyMap<string, unknown> {
    return this.#marked
  }

  /**
   * Adds what this segment has archived: nobody else can have written its rows since. `isCopied`: its versions are those of
   * now. To look for the rows that this transaction has written reads all of the table, under a lock that others wait for.
   */
  async add(entry: ArchiveEntry, isCopied = false): Promise<void> {
    this.#entries = [...this.#entries, entry]
    if (entry.kind !== 'values') return
    await this.#see(entry)
    if (isCopied) return
    const table = await findReadable(this.#client, entry.facts.table)
    if (!table) return
    await orNoneFresh(this.#client, entry, () =>
      withExactText(this.#client, () => renewStamps(this.#client, entry, table)),
    )
  }

  async #see({ id, facts }: ArchiveEntry): Promise<void> {
    const oid = facts.table ?? '0'
    const tally = (await readTallies(this.#client, [oid])).get(oid)
    this.#marked.set(id, tally ?? NO_TALLY)
  }

  /** Values whose rows have been restored into another table are of that one now. */
  async follow(): Promise<void> {
    const ids = this.#entries.filter(({ kind }) => kind === 'values').map(({ id }) => id)
    if (ids.length === 0) return
    const { rows } = await this.#client.query<Pick<ArchiveEntry, 'id' | 'facts'>>(
      'select id::text, facts from migrator_archive.entries where id = any ($1)',
      [ids],
    )
    const facts = new Map(rows.map((row) => [row.id, row.facts]))
    this.#entries = this.#entries.map((entry) => ({
      ...entry,
      facts: facts.get(entry.id) ?? entry.facts,
    }))
  }

  /** Something else is known of these. */
  replace(entries: readonly ArchiveEntry[]): void {
    const known = new Map(entries.map((entry) => [entry.id, entry]))
    this.#entries = this.#entries.map((entry) => known.get(entry.id) ?? entry)
  }

  remove(ids: ReadonlySet<string>): void {
    this.#entries = this.#entries.filter(({ id }) => !ids.has(id))
  }

  /** A table whose rows have values in the archive lets nobody else write, from before the statement to the end. */
  async lockFor({ locks, hasUnknownLocks }: Statement): Promise<void> {
    if (!this.#entries.some(({ kind }) => kind === 'values')) return
    const written = locks.filter(
      ({ mode, through }) => through === undefined && !LEAVES_ROWS.has(mode),
    )
    const names = written.map(({ schema, table: name }) => ({
      ...(schema !== undefined && { schema }),
      name,
    }))
    for (const oid of new Set(await meantByAll(this.#client, names))) {
      if (findValues(this.#entries, oid).length === 0) continue
      const table = await findTableByOid(this.#client, oid)
      if (table) await this.#lock(table)
    }
    if (hasUnknownLocks) await this.lockWaiting()
  }

  /** Before what may write any table: those whose values wait for a later migration of the run. */
  async lockWaiting(): Promise<void> {
    const waiting = this.#entries.filter(({ facts }) => facts.waits !== undefined)
    for (const oid of new Set(waiting.flatMap(({ facts }) => facts.table ?? []))) {
      const table = await findTableByOid(this.#client, oid)
      if (table) await this.#lock(table)
    }
  }

  async #lock(table: StoredTable): Promise<void> {
    await this.#client.query(`lock table ${table.sql} in share row exclusive mode`)
    await this.mark(table.oid)
  }

  /** The table is locked. */
  async mark(oid: string): Promise<void> {
    for (const entry of findValues(this.#entries, oid)) {
      if (this.#marked.has(entry.id)) continue
      await this.#see(entry)
      await orNoneFresh(this.#client, entry, () =>
        withExactText(this.#client, () => markFresh(this.#client, entry)),
      )
    }
  }

  markedOf(oid: string): ArchiveEntry[] {
    return findValues(this.#entries, oid).filter(({ id }) => this.#marked.has(id))
  }

  /** Runs a statement, on the author's side, and says afterwards which rows still are those that lost a value. */
  async observe<T>(statement: Kept, execute: () => Promise<T>): Promise<T> {
    if (this.#marked.size === 0) return execute()
    await this.#prepare(statement)
    this.#leftOverBefore = this.#leftOver
    let result: T
    try {
      result = await execute()
    } catch (error) {
      this.undone()
      throw error
    }
    await this.#follow(this.#entries, { statement })
    return result
  }

  /** The last statement was rolled back, with what was written of it; it is counted all the same. */
  undone(): void {
    this.#leftOver = this.#leftOverBefore
    this.#isUndone = true
  }

  async #prepare(statement: Kept): Promise<void> {
    await this.#follow(this.#entries, {})
    if (!mayRewrite(statement)) return
    for (const entry of this.#entries) {
      // What is left over has its numbers already, and no places any more.
      const isFollowed = this.#marked.has(entry.id) && !this.#leftOver.has(entry.id)
      if (!isFollowed || entry.key.length > 0) continue
      const table = await findReadable(this.#client, entry.facts.table)
      if (!table || !mayRewriteTable(statement, table)) continue
      await orNoneFresh(this.#client, entry, () =>
        withExactText(this.#client, () => numberRows(this.#client, entry, table)),
      )
    }
  }

  /** Says of what is marked which rows have been followed up to now. */
  async renew(entries: readonly ArchiveEntry[] = this.#entries): Promise<void> {
    await this.#follow(entries, { isLast: true })
  }

  async #follow(
    entries: readonly ArchiveEntry[],
    seen: { readonly statement?: Kept; readonly isLast?: boolean },
  ): Promise<void> {
    const marked = entries.filter(({ id, kind }) => kind === 'values' && this.#marked.has(id))
    if (marked.length === 0) return
    const tallies = await readTallies(
      this.#client,
      marked.flatMap(({ facts }) => facts.table ?? []),
    )
    const isUndone = this.#isUndone
    this.#isUndone = false
    for (const entry of marked) {
      const after = tallies.get(entry.facts.table ?? '')
      const table = after && !isUndone ? await this.#findChanged(entry, after) : undefined
      if (after && isUndone) this.#marked.set(entry.id, after)
      if (!after || !table) continue
      await orNoneFresh(this.#client, entry, () =>
        withExactText(this.#client, () => this.#followEntry(entry, table, { ...seen, after })),
      )
      this.#marked.set(entry.id, after)
    }
  }

  async #findChanged({ id, facts }: ArchiveEntry, after: Tally): Promise<StoredTable | undefined> {
    const before = this.#marked.get(id)
    if (before && isSameTally(before, after) && !this.#leftOver.has(id)) return undefined
    return findReadable(this.#client, facts.table)
  }

  async #followEntry(
    entry: ArchiveEntry,
    table: StoredTable,
    { statement, isLast = false, after }: Seen,
  ): Promise<void> {
    const { id } = entry
    const then = this.#marked.get(id) ?? after
    const before = this.#leftOver.get(id) ?? then
    if (before !== then && isSameTally(then, after)) {
      if (await followLeftOver(this.#client, entry, table, isLast)) this.#leaveOver(id)
      return
    }
    const between = { before, after, statement, isReverted: this.#isReverted }
    const isDone = await followRows(this.#client, entry, table, between)
    this.#leaveOver(id, isDone ? undefined : before)
  }

  #leaveOver(id: string, tally?: Tally): void {
    const others = [...this.#leftOver].filter(([other]) => other !== id)
    this.#leftOver = new Map(tally ? [...others, [id, tally]] : others)
  }
}

interface Seen {
  readonly statement?: Kept
  readonly isLast?: boolean
  readonly after: Tally
}
