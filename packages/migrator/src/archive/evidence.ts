import { isUnreadable } from './count.ts'
import { trySavepoint } from '../session/savepoints.ts'
import type pg from 'pg'
import type { Statement } from '../migration.ts'
import { ARCHIVE_SCHEMA, type Writer } from '../journal/journal.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { IS_THERE } from './held.ts'
import type { Ways } from './own-writes.ts'
import { whyUnread } from './strangers.ts'
import { IS_UNCOUNTED } from './inventory.ts'
import { findTableByOid, meantByAll, type StoredTable, PARTITIONS } from './tables.ts'
import { fileAt, withExactText, writePlace } from './text.ts'
import { ArchiveGuard } from './tampering.ts'
import { seenByOwner } from './triggers.ts'
import { readSetColumns } from '../sql/set-columns.ts'
import { isSameRow, keyIn } from './values.ts'
import { isOurs, isWritten } from './versions.ts'

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
    if (entry.key.length === 0) await rank(client, relation, table)
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

/** A table that is rewritten, into another file, keeps the order of its rows: by it rows without a key are found again. */
export async function rank(
  client: pg.ClientBase,
  relation: string,
  table: StoredTable,
): Promise<void> {
  await client.query(
    `update ${relation} a set nth = t.nth, total = t.total, file = t.file from (${RANKED(table)}) t where t.place = a.place`,
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

const RANKED = ({ from }: StoredTable) =>
  `select ${writePlace('t')} as place, pg_relation_filenode(t.tableoid) as file, t.xmin as xmin, row_number() over (order by t.tableoid, t.ctid) as nth, count(*) over () as total,
          bool_and(${isOurs('t.xmin')}) over () as "isRewritten" from ${from} t`

/**
 * Says that no row has its version where it cannot be found out: the key has another type by now, say. What the
 * archive cannot do stops no migration, so what it has stays there.
 */
async function orNoneFresh(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  work: () => Promise<unknown>,
): Promise<void> {
  const tried = await trySavepoint(client, work, isUnreadable)
  if (!('refusal' in tried)) return
  const relation = inArchive(entry.relations[0] ?? '')
  await client.query(`alter table ${relation} add column if not exists fresh boolean`)
  await client.query(`update ${relation} set fresh = false, stamp = null`)
}

/** Gives the rows that were fresh, and that this transaction has changed since, their new version. */
export async function renewStamps(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
): Promise<void> {
  const key = keyIn(entry, table)
  if (key.includes('')) return
  const relation = inArchive(entry.relations[0] ?? '')
  const renewal =
    entry.key.length === 0
      ? `update ${relation} a set place = t.place, stamp = t.xmin::text, file = t.file, nth = null from (${RANKED(table)}) t
          where a.fresh and t."isRewritten" and t.nth = a.nth and t.total = a.total and t.file <> a.file`
      : `update ${relation} a set stamp = t.xmin::text from ${table.from} t
          where a.fresh and ${isSameRow({ table, key })} and ${isOurs('t.xmin')}`
  await seenByOwner(client, table, () => client.query(renewal))
}

/** The same as long as this transaction changes no row of the table of an entry, and does not rewrite it. */
async function readCounts(client: pg.ClientBase, { facts }: ArchiveEntry): Promise<string> {
  const { rows } = await client.query<{ versions: string | null }>(
    `select concat(case when ${IS_UNCOUNTED} then clock_timestamp() end, string_agg(concat_ws(':', c.oid, pg_relation_filenode(c.oid), pg_stat_get_xact_tuples_deleted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid)), ' ' order by c.oid)) as versions
       from ${PARTITIONS} part join pg_class c using (oid)`,
    [facts.table ?? '0'],
  )
  return rows[0]?.versions ?? ''
}

/** What the archive holds while a segment runs, and which of its values still have their evidence. */
export class Evidence {
  readonly #client: pg.ClientBase
  /** Sees what the author's statements do to it. */
  readonly guard: ArchiveGuard
  /** With the versions that the rows of its table had then. */
  readonly #marked = new Map<string, string>()
  /** Entries of rows without a key whose order is not known yet: it is needed only where a table is rewritten. */
  readonly #unranked = new Set<ArchiveEntry>()
  #entries: readonly ArchiveEntry[]

  constructor(client: pg.ClientBase, pending: readonly ArchiveEntry[]) {
    this.#client = client
    this.guard = new ArchiveGuard(client)
    this.#entries = pending
  }

  /** What waits in the archive, with what this segment has added to it. */
  get entries(): readonly ArchiveEntry[] {
    return this.#entries
  }

  /** Entries of which `markFresh` has said which rows are fresh. */
  get marked(): ReadonlyMap<string, string> {
    return this.#marked
  }

  /** Adds what this segment has archived: nobody else can have written its rows since. `isStamped`: it has their versions. */
  async add(entry: ArchiveEntry, { isStamped = false, isRanked = true } = {}): Promise<void> {
    this.#entries = [...this.#entries, entry]
    if (entry.kind !== 'values') return
    this.#marked.set(entry.id, isStamped ? await readCounts(this.#client, entry) : '')
    if (entry.key.length === 0 && !isRanked) this.#unranked.add(entry)
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
    await this.#rankAll()
    const written = locks.filter(
      ({ mode, through }) =>
        through === undefined && mode !== 'ACCESS SHARE' && mode !== 'ROW SHARE',
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

  async #rankAll(): Promise<void> {
    for (const entry of this.#unranked) {
      const table = await findTableByOid(this.#client, entry.facts.table ?? '0')
      if (!table) continue
      const order = () => rank(this.#client, inArchive(entry.relations[0] ?? ''), table)
      await seenByOwner(this.#client, table, () => withExactText(this.#client, order))
    }
    this.#unranked.clear()
  }

  /** The table is locked. */
  async mark(oid: string): Promise<void> {
    for (const entry of findValues(this.#entries, oid)) {
      if (this.#marked.has(entry.id)) continue
      this.#marked.set(entry.id, await readCounts(this.#client, entry))
      await orNoneFresh(this.#client, entry, () =>
        withExactText(this.#client, () => markFresh(this.#client, entry)),
      )
    }
  }

  markedOf(oid: string): ArchiveEntry[] {
    return findValues(this.#entries, oid).filter(({ id }) => this.#marked.has(id))
  }

  /** A row whose key the statement has set is not found by it any more, and another one may have its key. */
  async forgetMoved({ sql, locks, dataLosses }: Statement): Promise<void> {
    const keyed = this.#entries.filter(({ id, key }) => key.length > 0 && this.#marked.has(id))
    const maySet = dataLosses.some(({ what }) => what === 'update' || what === 'conversion')
    if (keyed.length === 0 || !maySet) return
    const set = await readSetColumns(sql)
    for (const entry of keyed) {
      const table = await findReadable(this.#client, entry.facts.table)
      if (!table || !locks.some((lock) => lock.table === table.name)) continue
      const key = keyIn(entry, table)
      if (key.includes('') || !key.some((name) => set?.includes(name))) continue
      const isUntouched = `${isSameRow({ table, key })} and not ${isOurs('t.xmin')}`
      const forget = () =>
        this.#client.query(
          `update ${inArchive(entry.relations[0] ?? '')} a set fresh = false
            where a.fresh and not exists (select from ${table.from} t where ${isUntouched})`,
        )
      await orNoneFresh(this.#client, entry, () => seenByOwner(this.#client, table, forget))
    }
  }

  /** Gives what is marked the versions that this transaction has made of its rows. */
  async renew(entries: readonly ArchiveEntry[] = this.#entries): Promise<void> {
    for (const entry of entries) {
      const then = this.#marked.get(entry.id)
      if (entry.kind !== 'values' || then === undefined) continue
      if ((await readCounts(this.#client, entry)) === then) continue
      const table = await findReadable(this.#client, entry.facts.table)
      if (!table) continue
      await orNoneFresh(this.#client, entry, () =>
        withExactText(this.#client, () => renewStamps(this.#client, entry, table)),
      )
    }
  }
}
