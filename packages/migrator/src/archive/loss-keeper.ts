import type pg from 'pg'
import { failure } from '../errors/index.ts'
import type { Statement } from '../migration.ts'
import { beginCapture, followColumns, type Capture } from './capture.ts'
import { assertSeen, countCaptured } from './seen.ts'
import { ColumnCopier } from './column-copier.ts'
import { dropTables } from './drop-tables.ts'
import type { Entries, EntriesContext } from './entries.ts'
import type { Evidence } from './evidence.ts'
import type { RestoreResult } from '../events.ts'
import { runToEnd, type Execute } from './lent.ts'
import { showObject } from './restore.ts'
import type { RestoredTables } from './applied-again.ts'
import {
  compareInventories,
  readInventory,
  readNewest,
  type TakenAway,
  type Unkept,
} from './inventory.ts'
import { isNamed } from './unarchivable.ts'
import { withConversions } from './conversions.ts'
import { Rewrites } from './rewrites.ts'
import { readReach } from './reach.ts'
import { discard, keepsRows } from './record.ts'
import { releaseColumns, releaseRowTypes, releaseTypes, unlessInTheWay } from './release.ts'
import { createRelation, ensureArchive, inArchive, nextEntryId } from './schema.ts'
import { advanceSequence, readSequences, setBack, type Sequence } from './sequences.ts'
import { holdsNothing, requireReadable } from './strangers.ts'
import { findTable, findTableByOid, readTables, type StoredTable } from './tables.ts'
import { UNSAID, isPureDrop, movesCursor, writtenBy, type Kept } from './statement-kinds.ts'
import { holdsWritingCursor, Takers } from './takers.ts'
import { fireDeferred, seenByOwner } from './triggers.ts'

export interface LossKeeperContext extends EntriesContext {
  /** The statements of the migration that came before those of this segment. */
  readonly earlier: readonly Statement[]
  /** Of a migration that is applied again: what it changes of them is kept. */
  readonly restoredTables: RestoredTables
}

interface LossEntries {
  /** Of what goes the way of the migration: it waits for the other way. */
  readonly lost: Entries
  /** Of what is restored at the end of the segment, or of the run. */
  readonly putBack: Entries
}

/**
 * Runs statements, and keeps what they take away. A statement runs in a savepoint; the catalog and PostgreSQL's
 * own counts of changed rows, before and after, say what it did. Where something went that nothing has kept, it is
 * undone, a copy or a capture is made ready, and the statement runs again: so neither its text nor what functions,
 * triggers and foreign keys do behind it has to be understood. What the text does say saves the first try.
 */
export class LossKeeper {
  readonly #client: pg.ClientBase
  readonly #context: LossKeeperContext
  readonly #keepsRows: boolean
  readonly #entries: LossEntries
  readonly #evidence: Evidence
  readonly #captures = new Map<string, Capture>()
  readonly #columns: ColumnCopier
  readonly #takers: Takers
  readonly #copiedTables = new Set<string>()
  /** Tables that may be lost. */
  readonly #lost = new Set<string>()
  #hasCursors = false
  #sequences: ReadonlyMap<string, Sequence> | undefined
  /** The number of the newest column of each table, when the segment began. */
  #newest: ReadonlyMap<string, number> | undefined
  /** What the migration has changed of what was restored, and what stays changed. */
  readonly changedAgain: RestoreResult[] = []

  constructor(
    client: pg.ClientBase,
    context: LossKeeperContext,
    entries: LossEntries,
    evidence: Evidence,
  ) {
    this.#client = client
    this.#context = context
    this.#keepsRows = keepsRows(context)
    this.#takers = new Takers(client)
    this.#columns = new ColumnCopier(client, context, entries.lost, evidence)
    this.#entries = entries
    this.#evidence = evidence
  }

  /** Whoever changes rows in any way (code) meets triggers on all tables whose rows are kept then. */
  async watchRestored(): Promise<void> {
    await this.#capture([...this.#context.restoredTables.keys()])
  }

  get #watchesRows(): boolean {
    return this.#keepsRows || this.#context.restoredTables.size > 0
  }

  #isUncaptured(oid: string): boolean {
    const isKept = this.#keepsRows || this.#context.restoredTables.has(oid)
    return isKept && !this.#captures.has(oid) && !this.#lost.has(oid)
  }

  /** Remembers where every sequence stands, and which columns there are, before the first statement that may take something. */
  async watchSequences(): Promise<void> {
    this.#sequences ??= await readSequences(this.#client)
    this.#newest ??= await readNewest(this.#client)
  }

  /** Runs a statement, on the author's side; returns how many rows it met. `rest`: those of the segment that follow. */
  async run(statement: Statement, execute: Execute, rest: readonly Statement[]): Promise<number> {
    await this.#captureForCursors(rest)
    const isKept = await this.#takers.includes(statement, this.#watchesRows)
    this.#takers.follow(statement)
    if (!isKept) return runToEnd(execute)
    if (await holdsWritingCursor(this.#client, statement)) this.#refuseCursor(statement)
    await this.#settleAltered(statement)
    return this.#keeping(withConversions(statement, this.#context.earlier), execute)
  }

  /** No table gets a trigger while a cursor is open on it, nor loses one. */
  async #captureForCursors(rest: readonly Statement[]): Promise<void> {
    if (!this.#watchesRows) return
    for (const drop of rest.flatMap(({ dataLosses }) => dataLosses)) {
      if ((drop.what !== 'delete' && drop.what !== 'update') || !drop.cursor) continue
      this.#hasCursors = true
      await this.#capture(await readReach(this.#client, [drop.table], false))
    }
  }

  /** Writes what is left to be written, at the end of the segment. */
  async end(): Promise<void> {
    if (this.#hasCursors) await this.#client.query('close all')
    const firing = () => this.#evidence.observe(UNSAID, this.#firing)
    if (this.#watchesRows || (await this.#takers.includeTriggers()))
      await this.#keeping(UNSAID, firing)
    else if (this.#evidence.guard.hasArchive) await this.#firing()
    for (const capture of this.#captures.values()) await this.#settle(capture)
    this.#captures.clear()
    for (const sequence of await this.#readSetBack())
      await this.#entries.lost.keepSequence(sequence)
  }

  async #readSetBack(): Promise<readonly Sequence[]> {
    return this.#sequences ? setBack(this.#sequences, await readSequences(this.#client)) : []
  }

  /** Deferred triggers are the author's as well: what they change they change now, and it is seen. */
  #firing = async (): Promise<number> => {
    await this.#evidence.guard.watch(() => fireDeferred(this.#client))
    return 0
  }

  /** Puts sequences back after the segment was rolled back: what `setval` does no rollback undoes. */
  async undone(): Promise<void> {
    for (const sequence of await this.#readSetBack())
      await advanceSequence(this.#client, sequence, sequence)
  }

  /** A capture knows the columns that its table had when it began. */
  async #settleAltered({ locks }: Statement): Promise<void> {
    for (const { schema, table: name, mode } of locks) {
      if (mode !== 'ACCESS EXCLUSIVE' || this.#captures.size === 0) continue
      const table = await findTable(this.#client, { ...(schema !== undefined && { schema }), name })
      const capture = table && this.#captures.get(table.oid)
      if (!capture) continue
      this.#captures.delete(table.oid)
      await this.#settle(capture)
    }
  }

  async #settle(capture: Capture): Promise<void> {
    const { oid } = capture.table
    const newest = this.#newest?.get(oid)
    if (this.#keepsRows) return void (await this.#entries.lost.settle(capture, { newest }))
    const isPutBack = this.#context.restoredTables.get(oid) === true
    const entries = isPutBack ? this.#entries.putBack : this.#entries.lost
    const kept = await entries.settle(capture, { newest, ofRestored: true })
    if (isPutBack) return
    const { migration } = this.#context
    for (const entry of kept) {
      const note = `${migration} changed ${entry.rows} rows that had been restored; it has them as they were`
      const object = showObject(entry)
      this.changedAgain.push({ entry: entry.id, migration, object, restoredRows: 0, note })
    }
  }

  async #keeping(statement: Kept, first: Execute): Promise<number> {
    const client = this.#client
    await releaseTypes(client, statement)
    await this.watchSequences()
    this.#columns.beginStatement()
    await this.#prepareByText(statement)
    const rewrites = new Rewrites(client, this.#captures)
    const isUncounted = /track_counts/i.test(statement.sql)
    let execute = first
    for (;;) {
      const before = await readInventory(client)
      const counted = await countCaptured(client, this.#captures)
      if (statement.hasUnknownLocks) await followColumns(client, this.#captures.values())
      const rows = await unlessInTheWay(client, this.#evidence.guard.hasArchive, execute)
      if (rows === undefined) continue
      if (typeof rows !== 'number') {
        await client.query('release savepoint migrator_statement')
        execute = rows.again
        continue
      }
      const taken = compareInventories(before, await readInventory(client), isUncounted)
      const unkept = await this.#unkept(statement, taken, rewrites)
      if (unkept === undefined) {
        if (this.#watchesRows) await assertSeen(client, this.#captures, taken, counted)
        await client.query('release savepoint migrator_statement')
        return rows
      }
      if (movesCursor(statement)) this.#refuseCursor(statement)
      await client.query(
        'rollback to savepoint migrator_statement; release savepoint migrator_statement',
      )
      this.#evidence.undone()
      await this.#prepare(unkept)
      await rewrites.remember(unkept.renewed)
      if (unkept.tables.length > 0 && isPureDrop(statement))
        return this.#dropTables(statement, unkept.tables, execute)
      for (const oid of unkept.tables) await this.#copyTable(oid)
      await releaseRowTypes(client, unkept.tables)
    }
  }

  /** A cursor goes on where it is, or runs behind all that is counted. */
  #refuseCursor({ sql }: Kept): never {
    throw failure('CURSOR_UNKEPT', { name: this.#context.migration, statement: sql })
  }

  /** What the text says already need not be found out by a first try. */
  async #prepareByText(statement: Kept): Promise<void> {
    for (const drop of statement.dataLosses) {
      if (drop.what === 'conversion') await this.#columns.copyConverted(statement, drop)
      if (!this.#watchesRows) continue
      await this.#capture(await readReach(this.#client, ...writtenBy(drop)))
    }
  }

  /** Undefined where nothing did. */
  async #unkept(
    statement: Kept,
    taken: TakenAway,
    rewrites: Rewrites,
  ): Promise<Unkept | undefined> {
    const { archived } = taken
    const isLost = (oid: string) => this.#lost.has(oid)
    const tables = taken.tables.filter((oid) => !this.#copiedTables.has(oid) && !isLost(oid))
    const renewed = new Map([...taken.renewed].filter(([oid]) => !isLost(oid)))
    const rewritten = await rewrites.find(statement, renewed)
    const columns = this.#columns.uncopied(taken.columns)
    const overwritten = this.#columns.uncopied(rewritten.columns)
    const changed = new Map([...taken.changed].filter(([oid]) => this.#isUncaptured(oid)))
    const isNothing = [columns, archived, changed, overwritten].every(({ size }) => size === 0)
    const isDone = isNothing && tables.length === 0 && rewritten.unknown.length === 0
    return isDone
      ? undefined
      : { tables, columns, archived, changed, overwritten, renewed: rewritten.unknown }
  }

  async #prepare({ tables, ...unkept }: Unkept): Promise<void> {
    await releaseColumns(this.#client, unkept.archived)
    for (const [oid, numbers] of [...unkept.columns, ...unkept.overwritten])
      await this.#columns.copy(oid, numbers)
    await this.#capture([...unkept.changed.keys(), ...unkept.renewed])
    const known = await readTables(this.#client, tables)
    for (const table of known) {
      if (await holdsNothing(this.#client, table)) this.#copiedTables.add(table.oid)
      else if (isNamed(this.#context.lose, table)) await this.#lose(table)
      else await requireReadable(this.#client, table)
    }
    // What is no table to us (a table of another session, say) has nothing to keep.
    for (const oid of tables)
      if (!known.some((table) => table.oid === oid)) this.#copiedTables.add(oid)
  }

  async #lose(table: StoredTable): Promise<void> {
    this.#lost.add(table.oid)
    await discard(this.#client, this.#context, table)
  }

  async #capture(oids: readonly string[]): Promise<void> {
    const wanted = oids.filter((oid) => this.#isUncaptured(oid))
    const tables = await readTables(this.#client, wanted)
    // What triggers cannot be put on (a foreign table, say) was asked about.
    for (const oid of wanted) if (!tables.some((table) => table.oid === oid)) this.#lost.add(oid)
    for (const table of tables) {
      if (isNamed(this.#context.lose, table)) {
        await this.#lose(table)
        continue
      }
      await requireReadable(this.#client, table)
      await ensureArchive(this.#client)
      await this.#evidence.mark(table.oid)
      this.#captures.set(table.oid, await beginCapture(this.#client, table))
    }
  }

  async #copyTable(oid: string): Promise<void> {
    const client = this.#client
    const table = await findTableByOid(client, oid)
    this.#copiedTables.add(oid)
    if (!table) return
    await ensureArchive(client)
    const id = await nextEntryId(client)
    const rows = `as select * from ${table.from}`
    await seenByOwner(client, table, () => createRelation(client, inArchive(`e${id}`), rows))
    await this.#keepTable(table, [`e${id}`])
  }

  async #keepTable(table: StoredTable, relations: readonly string[]): Promise<void> {
    const id = relations[0]?.slice(1) ?? ''
    await this.#entries.lost.keepRows(table, { id, kind: 'table', relations, isWhole: true })
  }

  async #dropTables(statement: Kept, oids: readonly string[], execute: Execute): Promise<number> {
    const client = this.#client
    const kept = (await readTables(client, oids)).filter(
      ({ oid }) => !this.#copiedTables.has(oid) && !this.#lost.has(oid),
    )
    if (kept.length === 0) return this.#keeping(statement, execute)
    await ensureArchive(client)
    for (const { oid } of kept) await this.#evidence.mark(oid)
    const departing: { table: StoredTable; relation: string }[] = []
    for (const table of kept) departing.push({ table, relation: `e${await nextEntryId(client)}` })
    const { rows, relations } = await dropTables(client, {
      statement,
      departing,
      all: await readTables(client, oids),
      limit: this.#context.limit,
      execute: async () => {
        await releaseTypes(client, statement)
        return runToEnd(execute)
      },
    })
    for (const [i, { table, relation }] of departing.entries()) {
      await this.#keepTable(table, relations[i] ?? [relation])
    }
    return rows
  }
}
