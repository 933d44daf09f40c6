import type pg from 'pg'
import { failure } from '../errors.ts'
import type { Statement } from '../migration.ts'
import { asAuthor, asMigrator } from '../session/author.ts'
import { quoteName } from '../sql/quote-name.ts'
import { beginCapture, countChanges, endCapture, type Capture } from './capture.ts'
import { dropTables } from './drop-tables.ts'
import { markFresh, rank, renewStamps, stampAsHeld, valuesOf } from './evidence.ts'
import { namesBefore } from './names-before.ts'
import { compareInventories, readInventory, type TakenAway } from './inventory.ts'
import { copyDeleted, netChanges } from './net-changes.ts'
import { isNamed, keptWithin } from './obstacles.ts'
import { countTaking } from './count.ts'
import { findTakings, volatileCalls } from './takings.ts'
import { reachOf } from './reach.ts'
import { recordArchived, recordLost, type ArchiveRun } from './record.ts'
import { releaseTypes } from './release.ts'
import { columnsIn, findTarget, restoreEntries, type RestoreResult } from './restore.ts'
import { ensureArchive, inArchive, nextEntryId, type ArchiveEntry, type EntryFacts } from './schema.ts'
import { readSequences, setBack, type Sequence } from './sequences.ts'
import { findTable, findTableByOid, readTables, type StoredTable } from './tables.ts'
import { withExactText } from './text.ts'
import { copyOverwritten, copyValues } from './values.ts'

/** A segment at work, as far as the archive has to do with it. */
export interface SegmentArchiveContext extends ArchiveRun {
  /** False on the way up: what its DELETE and UPDATE change is as the author wants it. */
  readonly keepsChanges: boolean
  /** What was confirmed: `announceLosses` has the keys. Undefined: whatever happens. */
  readonly confirmed?: ReadonlyMap<string, number> | undefined
  /** What waits in the archive, of every migration of the ledger. */
  readonly pending: readonly ArchiveEntry[]
  /** The statements of the migration that came before those of this segment. */
  readonly earlier: readonly Statement[]
  /** The statements of the migration that come after those of this segment. */
  readonly later: readonly Statement[]
  /** The last segment of its migration. */
  readonly isLast: boolean
}

/**
 * Records what the statements of a segment really take away, and restores what they make room for: both in the
 * transaction of the segment. A statement is run in a savepoint; the catalog and PostgreSQL's own counts of
 * changed rows, before and after, say what it did. Where something went that nothing has kept, it is undone, a
 * copy or a capture is made ready, and the statement runs again: so neither the text of a statement nor what
 * functions, triggers and foreign keys do behind it has to be understood.
 */
export class SegmentArchive {
  readonly #client: pg.Client
  readonly #context: SegmentArchiveContext
  readonly #captures = new Map<string, Capture>()
  /** `oid.number` of columns that are copied. */
  readonly #copied = new Set<string>()
  readonly #copiedTables = new Set<string>()
  readonly #lost = new Set<string>()
  readonly #marked = new Set<string>()
  #pending: readonly ArchiveEntry[]
  readonly #made: ArchiveEntry[] = []
  readonly #results: RestoreResult[] = []
  readonly #names = namesBefore()
  readonly #sighted = new Map<string, string>()
  #sequences: ReadonlyMap<string, Sequence> | undefined

  constructor(client: pg.Client, context: SegmentArchiveContext) {
    this.#client = client
    this.#context = context
    this.#pending = context.pending
    for (const statement of context.earlier) this.#names.follow(statement)
  }

  /** Runs a statement, and keeps what it takes away. Returns how many rows it met. */
  async run(statement: Statement, execute: () => Promise<number>, rest: readonly Statement[]): Promise<number> {
    const client = this.#client
    const run = () => asAuthor(client, execute)
    return asMigrator(client, async () => {
      await this.#lockEvidence(statement)
      await this.#restoreTables((table) => isConstrained(statement, table), rest)
      const rows = (await this.#mayTake(statement)) ? await this.#keeping(statement, run) : await run()
      this.#names.follow(statement)
      await this.#sight()
      await this.#restoreMadeColumns()
      return rows
    })
  }

  /** Before the first statement: where every sequence stands. */
  async begin(): Promise<void> {
    await asMigrator(this.#client, () => this.#watchSequences())
  }

  /** Ends the segment: writes the entries, and restores what waited for it. Returns what became of what it restored. */
  async end(): Promise<readonly RestoreResult[]> {
    await asMigrator(this.#client, () => this.#end())
    return this.#results
  }

  async #end(): Promise<void> {
    for (const capture of this.#captures.values()) await this.#settle(capture)
    await this.#keepSequences()
    await this.#renewEvidence()
    await this.#restoreTables(() => true, [])
    if (this.#context.isLast) await this.#restore(this.#mine())
  }

  // Keeping

  async #watchSequences(): Promise<void> {
    this.#sequences ??= await readSequences(this.#client)
  }

  async #mayTake({ drops }: Statement): Promise<boolean> {
    const { keepsChanges } = this.#context
    for (const drop of drops) {
      if (drop.what === 'calls') {
        if (keepsChanges && (await volatileCalls(this.#client, drop.functions)).length > 0) return true
      } else if (keepsChanges || TAKES_OBJECTS.has(drop.what)) return true
    }
    return false
  }

  async #keeping(statement: Statement, execute: () => Promise<number>): Promise<number> {
    const client = this.#client
    await releaseTypes(client, statement)
    await this.#watchSequences()
    await this.#prepareByText(statement)
    for (;;) {
      const before = await readInventory(client)
      const counted = await this.#countCaptured()
      await client.query('savepoint migrator_statement')
      const rows = await execute()
      const taken = compareInventories(before, await readInventory(client))
      const unkept = await this.#unkept(statement, taken)
      if (unkept === undefined) {
        await this.#assertSeen(taken, counted)
        await client.query('release savepoint migrator_statement')
        return rows
      }
      await client.query('rollback to savepoint migrator_statement; release savepoint migrator_statement')
      await this.#prepare(unkept)
      if (unkept.tables.length > 0 && isPureDrop(statement)) return this.#dropTables(statement, unkept.tables, execute)
      for (const oid of unkept.tables) await this.#copyTable(oid)
    }
  }

  /** What the text says already need not be found out by a first try. */
  async #prepareByText(statement: Statement): Promise<void> {
    for (const drop of statement.drops) {
      if (drop.what === 'conversion') {
        await this.#copyConverted(statement, drop)
      }
      if (!this.#context.keepsChanges) continue
      const names =
        drop.what === 'truncate'
          ? drop.tables
          : drop.what === 'delete' || drop.what === 'update' || drop.what === 'written'
            ? [drop.table]
            : []
      const oids = await reachOf(this.#client, names, drop.what === 'truncate' && drop.cascade)
      await this.#capture(oids)
    }
  }

  /** What went that neither a copy nor a capture has; undefined where nothing did. */
  async #unkept(statement: Statement, taken: TakenAway): Promise<TakenAway | undefined> {
    const { keepsChanges } = this.#context
    const isSeen = (oid: string) => this.#captures.has(oid) || this.#lost.has(oid)
    const tables = taken.tables.filter((oid) => !this.#copiedTables.has(oid) && !this.#lost.has(oid))
    const columns = new Map(
      [...taken.columns].flatMap(([oid, numbers]): [string, readonly number[]][] => {
        const uncopied = numbers.filter((number) => !this.#copied.has(`${oid}.${number}`))
        return uncopied.length > 0 ? [[oid, uncopied]] : []
      }),
    )
    const changed = new Map(
      keepsChanges ? [...taken.changed].filter(([oid]) => !isSeen(oid)) : [],
    )
    const renewed =
      keepsChanges && !isRewrite(statement) ? taken.renewed.filter((oid) => !isSeen(oid)) : []
    const isNothing =
      tables.length === 0 && columns.size === 0 && changed.size === 0 && renewed.length === 0
    return isNothing ? undefined : { tables, columns, changed, renewed }
  }

  async #prepare({ tables, columns, changed, renewed }: TakenAway): Promise<void> {
    for (const [oid, numbers] of columns) await this.#copyColumns(oid, numbers)
    await this.#capture([...changed.keys(), ...renewed])
    for (const table of await readTables(this.#client, tables)) {
      if (await isEmpty(this.#client, table)) this.#copiedTables.add(table.oid)
      else if (isNamed(this.#context.lose, table)) await this.#lose(table)
    }
    // What is no table to us (a table of another session, say) has nothing to keep.
    const known = new Set((await readTables(this.#client, tables)).map(({ oid }) => oid))
    for (const oid of tables) if (!known.has(oid)) this.#copiedTables.add(oid)
  }

  async #lose(table: StoredTable, column?: string): Promise<void> {
    if (column === undefined) this.#lost.add(table.oid)
    const object = column === undefined ? table.label : `${table.label}.${column}`
    const { rows } = await this.#client.query<{ count: string }>(
      `select count(*) from ${table.from}`,
    )
    await recordLost(this.#client, this.#context, object, Number(rows[0]?.count ?? 0))
  }

  async #capture(oids: readonly string[]): Promise<void> {
    const wanted = oids.filter((oid) => !this.#captures.has(oid) && !this.#lost.has(oid))
    const tables = await readTables(this.#client, wanted)
    // What triggers cannot be put on (a foreign table, say) was asked about.
    for (const oid of wanted) if (!tables.some((table) => table.oid === oid)) this.#lost.add(oid)
    for (const table of tables) {
      if (isNamed(this.#context.lose, table)) {
        await this.#lose(table)
        continue
      }
      await ensureArchive(this.#client)
      await this.#mark(table.oid)
      for (const capture of await beginCapture(this.#client, [table.oid])) {
        this.#captures.set(table.oid, capture)
      }
    }
  }

  async #copyColumns(oid: string, numbers: readonly number[], where?: string, isConversion = false): Promise<void> {
    const client = this.#client
    const table = await findTableByOid(client, oid)
    const columns = (table?.columns ?? []).filter(
      ({ number, isGenerated }) => numbers.includes(number) && !isGenerated,
    )
    for (const number of numbers) this.#copied.add(`${oid}.${number}`)
    if (!table || columns.length === 0) return
    const lost = columns.filter(({ name }) => isNamed(this.#context.lose, table, name))
    for (const { name } of lost) await this.#lose(table, name)
    const kept = columns.filter((column) => !lost.includes(column))
    if (kept.length === 0 || !(await hasContent(client, table, kept))) return
    await ensureArchive(client)
    await client.query(`lock table ${table.sql} in share row exclusive mode`)
    await this.#mark(oid)
    const id = await nextEntryId(client)
    const relation = inArchive(`e${id}`)
    const names = kept.map(({ name }) => name)
    const { key } = await withExactText(client, () => copyValues(client, { relation, table, columns: names }, where))

    await this.#keptValues(id, table, { key, columns: names, types: kept.map(({ fullType }) => fullType), isConversion })
  }

  /**
   * A conversion is never tried first: it would run its USING and its rewrite twice. On the way back all values
   * are kept, since the way up may convert in another way; on the way up, those that the old type cannot be
   * given back from.
   */
  async #copyConverted(
    statement: Statement,
    drop: Extract<Statement['drops'][number], { what: 'conversion' }>,
  ): Promise<void> {
    const client = this.#client
    const table = await findTable(client, drop.table)
    const column = table?.columns.find(({ name }) => name === drop.column)
    if (!table || !column) return
    const { takings } = await findTakings(client, { sql: statement.sql, drops: [drop] })
    const [taking] = takings
    const found = taking && (await countTaking(client, taking))
    const isLossy = !found || found.counts.some(({ count }) => count > 0)
    if (!isLossy && (!this.#context.keepsChanges || table.bytes > this.#context.limit)) {
      this.#copied.add(`${table.oid}.${column.number}`)
      return
    }
    const isSet = `${quoteName(column.name)} is distinct from null`
    const where = this.#context.keepsChanges ? isSet : found?.taking.columns[0]?.isTaken
    await this.#copyColumns(table.oid, [column.number], where, true)
  }

  async #copyTable(oid: string): Promise<void> {
    const client = this.#client
    const table = await findTableByOid(client, oid)
    this.#copiedTables.add(oid)
    if (!table) return
    await ensureArchive(client)
    const id = await nextEntryId(client)
    const relation = inArchive(`e${id}`)
    await client.query(`create table ${relation} as select * from ${table.from}`)
    await this.#keptRows(id, 'table', table, [`e${id}`], true)
  }

  async #dropTables(
    statement: Statement,
    oids: readonly string[],
    execute: () => Promise<number>,
  ): Promise<number> {
    const client = this.#client
    const kept = (await readTables(client, oids)).filter(
      ({ oid }) => !this.#copiedTables.has(oid) && !this.#lost.has(oid),
    )
    if (kept.length === 0) return this.#keeping(statement, execute)
    await ensureArchive(client)
    for (const { oid } of kept) await this.#mark(oid)
    const departing: { table: StoredTable; relation: string }[] = []
    for (const table of kept) departing.push({ table, relation: `e${await nextEntryId(client)}` })
    const { rows, relations } = await dropTables(client, {
      statement,
      departing,
      all: await readTables(client, oids),
      limit: this.#context.limit,
      execute: async () => {
        await releaseTypes(client, statement)
        return execute()
      },
    })
    for (const [i, { table, relation }] of departing.entries()) {
      await this.#keptRows(relation.slice(1), 'table', table, relations[i] ?? [relation], true)
    }
    return rows
  }

  // Entries

  async #settle(capture: Capture): Promise<void> {
    const client = this.#client
    const { table, columns } = capture
    await endCapture(client, capture)
    const net = await netChanges(client, capture)
    if (net.overwritten > 0) {
      const id = await nextEntryId(client)
      const target = { relation: inArchive(`e${id}`), table: (await findTableByOid(client, table.oid)) ?? table }
      await withExactText(client, () => copyOverwritten(client, net, capture, target))
      await this.#keptValues(id, table, { key: net.key, columns: net.columns })
    }
    if (net.deleted > 0) {
      const id = await nextEntryId(client)
      await copyDeleted(client, net, columns, inArchive(`e${id}`))
      const now = await findTableByOid(client, table.oid)
      await this.#keptRows(id, 'rows', table, [`e${id}`], !now || (await isEmpty(client, now)))
    }
    await client.query(`drop table ${net.relation}`)
  }

  async #keptValues(
    id: string,
    table: StoredTable,
    { key, columns, types, isConversion = false }: { key: readonly string[]; columns: readonly string[]; types?: readonly string[]; isConversion?: boolean },
  ): Promise<void> {
    const client = this.#client
    const relation = inArchive(`e${id}`)
    await keptWithin(client, this.#context.limit, relation, columns.map((column) => `${table.label}.${column}`))
    // Nobody else has written these rows since: the version that they have at the end is the evidence.
    await client.query(`alter table ${relation} add column fresh boolean not null default true`)
    if (key.length === 0) await rank(client, relation, table)
    const rows = await countRows(client, relation)
    const facts = { ...this.#before(table, columns), ...(types && { types }) }
    if (!isConversion) this.#confirm(table, columns, rows)
    const entry = await recordArchived(client, this.#context, table, { id, kind: 'values', relations: [`e${id}`], rows, columns, key, facts })
    this.#made.push(entry)
    this.#marked.add(id)
  }

  async #keptRows(
    id: string,
    kind: 'table' | 'rows',
    table: StoredTable,
    relations: readonly string[],
    isWhole: boolean,
  ): Promise<void> {
    const client = this.#client
    const relation = inArchive(relations[0] ?? '')
    if (kind === 'rows') await keptWithin(client, this.#context.limit, relation, [table.label])
    const rows = await countRows(client, relation)
    this.#confirm(table, [], rows)
    const entry = await recordArchived(client, this.#context, table, { id, kind, relations, rows, facts: { isWhole, ...this.#before(table, []) } })
    const holder = { id, relation: relations[0] ?? '', isTable: kind === 'table' }
    for (const values of this.#markedOf(table.oid)) await stampAsHeld(client, values, holder)
    this.#made.push(entry)
  }

  async #keepSequences(): Promise<void> {
    if (!this.#sequences) return
    const client = this.#client
    for (const { schema, name, last, isCalled, column } of setBack(this.#sequences, await readSequences(client))) {
      await ensureArchive(client)
      const id = await nextEntryId(client)
      const sequence = { last, isCalled, ...(column !== undefined && { column }) }
      const kept = { id, kind: 'sequence', relations: [], rows: 1, facts: { sequence } } as const
      this.#made.push(await recordArchived(client, this.#context, { schema, name }, kept))
    }
  }

  /** Throws LOSS_UNSEEN where a table lost more rows than the capture has seen: somebody silenced its triggers. */
  async #assertSeen(taken: TakenAway, before: ReadonlyMap<string, number>): Promise<void> {
    for (const [oid, changed] of taken.changed) {
      const capture = this.#captures.get(oid)
      if (!capture || !this.#context.keepsChanges) continue
      const seen = (await countChanges(this.#client, capture)) - (before.get(oid) ?? 0)
      if (seen < changed) {
        throw failure('LOSS_UNSEEN', { table: capture.table.label, rows: changed - seen })
      }
    }
  }

  async #countCaptured(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>()
    for (const [oid, capture] of this.#captures) counts.set(oid, await countChanges(this.#client, capture))
    return counts
  }

  /** Throws LOSSES_EXCEEDED. What a conversion changes was counted by its text, and is kept in any case. */
  #confirm(table: StoredTable, columns: readonly string[], rows: number): void {
    const { confirmed } = this.#context
    if (!confirmed) return
    const numbers = columns.map((name) => table.columns.find((column) => column.name === name)?.number)
    const keys = columns.length > 0 ? numbers.map((number) => `${table.oid}.${number}`) : [table.oid]
    const limit = columns.length > 0 ? Number.POSITIVE_INFINITY : undefined
    for (const [i, key] of keys.entries()) {
      const counted = confirmed.get(key)
      if (counted !== undefined && rows <= (limit ?? counted)) continue
      const name = columns[i]
      const object = name === undefined ? table.label : `${table.label}.${name}`
      throw failure('LOSSES_EXCEEDED', { object, rows, confirmed: counted ?? 0 })
    }
  }

  // Evidence

  /** A table whose rows have values in the archive lets nobody else write from before the statement to the end. */
  async #lockEvidence({ locks }: Statement): Promise<void> {
    if (this.#pending.length === 0) return
    const written = locks.filter(({ mode, through }) => through === undefined && !mode.endsWith('ACCESS SHARE') && mode !== 'ROW SHARE')
    for (const { schema, table } of written) {
      const found = await findTable(this.#client, { ...(schema !== undefined && { schema }), name: table })
      if (found && valuesOf(this.#pending, found.oid).length > 0) {
        await this.#client.query(`lock table ${found.sql} in share row exclusive mode`)
        await this.#mark(found.oid)
      }
    }
  }

  async #mark(oid: string): Promise<void> {
    for (const entry of valuesOf(this.#pending, oid)) {
      if (this.#marked.has(entry.id)) continue
      this.#marked.add(entry.id)
      await withExactText(this.#client, () => markFresh(this.#client, entry))
    }
  }

  #markedOf(oid: string): ArchiveEntry[] {
    return valuesOf([...this.#pending, ...this.#made], oid).filter(({ id }) => this.#marked.has(id))
  }

  async #renewEvidence(): Promise<void> {
    const marked = [...this.#pending, ...this.#made].filter(
      ({ id, kind }) => kind === 'values' && this.#marked.has(id),
    )
    for (const entry of marked) {
      const table = await findTableByOid(this.#client, entry.facts.table ?? '0')
      if (table) await withExactText(this.#client, () => renewStamps(this.#client, entry, table))
    }
  }

  // Restoring

  /** What waits for this migration to go this way. */
  #mine(): ArchiveEntry[] {
    const { migration, direction } = this.#context
    return this.#pending.filter(
      (entry) => entry.migration === migration && (entry.facts.direction ?? 'down') !== direction,
    )
  }

  /** Remembers the tables that have been made under the names of entries: they may be renamed in a moment. */
  async #sight(): Promise<void> {
    for (const { schema, table: name } of this.#mine().filter(({ kind }) => kind !== 'sequence')) {
      const key = `${schema}.${name}`
      if (this.#sighted.has(key)) continue
      const table = await findTable(this.#client, { schema, name })
      if (table) this.#sighted.set(key, table.oid)
    }
  }

  /** Names before the migration renamed them itself. */
  #before(table: StoredTable, columns: readonly string[]): Pick<EntryFacts, 'before'> {
    const { schema, name } = this.#names.table(table)
    const at = columns.map((column) => this.#names.column(table, column))
    const isSame = name === table.name && schema === table.schema && at.every((column, i) => column === columns[i])
    return isSame ? {} : { before: { ...(schema !== undefined && { schema }), table: name, columns: at } }
  }

  /** Tables that are there again, and that no later statement fills, get their rows. */
  async #restoreTables(isDue: (table: StoredTable) => boolean, rest: readonly Statement[]): Promise<void> {
    const due: ArchiveEntry[] = []
    for (const entry of this.#mine().filter(({ kind }) => kind === 'table')) {
      const table = await findTarget(this.#client, entry, this.#sighted)
      const isFilled = [...rest, ...this.#context.later].some((statement) => mayFill(statement, entry.table))
      if (table && isDue(table) && !isFilled) due.push(entry)
    }
    await this.#restore(due)
  }

  /** A column that has come back, or has its old type again, gets its values before anything demands them. */
  async #restoreMadeColumns(): Promise<void> {
    const due: ArchiveEntry[] = []
    for (const entry of this.#mine()) {
      const { types, table: oid } = entry.facts
      if (!types) continue
      const table = await findTarget(this.#client, entry, this.#sighted)
      if (table?.oid !== oid || !table) continue
      const isAsItWas = columnsIn(entry, table).every((name, i) =>
        table.columns.some((column) => column.name === name && column.fullType === types[i]),
      )
      if (isAsItWas) due.push(entry)
    }
    await this.#restore(due)
  }

  async #restore(entries: readonly ArchiveEntry[]): Promise<void> {
    if (entries.length === 0) return
    const { actor, checksum, direction } = this.#context
    for (const entry of entries.filter(({ kind, id }) => kind === 'values' && this.#marked.has(id))) {
      const table = await findTableByOid(this.#client, entry.facts.table ?? '0')
      // Where the statement has written the table anew, its rows are elsewhere now.
      if (table) await renewStamps(this.#client, entry, table)
    }
    const restoring = { actor, checksum, direction, pending: [...this.#pending, ...this.#made], marked: this.#marked, sighted: this.#sighted }
    this.#results.push(...(await restoreEntries(this.#client, entries, restoring)))
    const done = new Set(entries.map(({ id }) => id))
    this.#pending = this.#pending.filter(({ id }) => !done.has(id))
  }
}

/** What may take more than rows: of these the way up keeps what they take, too. */
const TAKES_OBJECTS = new Set(['objects', 'others', 'column', 'conversion', 'unreadable'])

/** True where a segment of the way up has something that the archive would keep. */
export function takesObjects(statements: readonly Statement[]): boolean {
  return statements.some(({ drops }) => drops.some(({ what }) => TAKES_OBJECTS.has(what)))
}

/** A statement that only drops: what it takes can be moved away instead. */
function isPureDrop({ drops }: Statement): boolean {
  return drops.every(({ what }) => what === 'objects' || what === 'others')
}

/** ALTER TABLE may write a table anew, and loses no row by it. */
function isRewrite({ drops, locks }: Statement): boolean {
  return (
    drops.every(({ what }) => what === 'column' || what === 'conversion' || what === 'calls') &&
    locks.some(({ mode }) => mode === 'ACCESS EXCLUSIVE')
  )
}

/** Adds a constraint or an index to the table, so its rows must be there. */
function isConstrained({ effects, locks }: Statement, { name }: StoredTable): boolean {
  return (
    locks.some(({ table }) => table === name) &&
    effects.some(({ change, key }) => change === 'makes' && /^(constraint of|not null of|index) /.test(key))
  )
}

function mayFill({ locks, opaque }: Statement, table: string): boolean {
  return opaque || locks.some((lock) => lock.table === table && lock.mode === 'ROW EXCLUSIVE')
}

async function isEmpty(client: pg.ClientBase, { from }: StoredTable): Promise<boolean> {
  const { rows } = await client.query<{ empty: boolean }>(
    `select not exists (select from ${from}) as empty`,
  )
  return rows[0]?.empty ?? true
}

/** NULLs of a column that comes back with a default are content as well. */
async function hasContent(
  client: pg.ClientBase,
  table: StoredTable,
  columns: readonly StoredTable['columns'][number][],
): Promise<boolean> {
  if (columns.some(({ hasDefault }) => hasDefault)) return !(await isEmpty(client, table))
  const any = columns.map(({ name }) => `"${name.replaceAll('"', '""')}" is distinct from null`)
  return !(await isEmpty(client, { ...table, from: `${table.from} where ${any.join(' or ')}` }))
}

async function countRows(client: pg.ClientBase, relation: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`select count(*) from ${relation}`)
  return Number(rows[0]?.count ?? 0)
}
