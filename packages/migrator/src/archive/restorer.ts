import { trySavepoint } from '../session/savepoints.ts'
import type pg from 'pg'
import type { Statement } from '../migration.ts'
import { wasApplied, type Reversion } from './applied-again.ts'
import type { Evidence } from './evidence.ts'
import type { ArchiveRun } from './record.ts'
import type { RestoreResult } from '../events.ts'
import { asAuthor, asMigrator } from '../session/author.ts'
import { sqlState } from '../session/connect.ts'
import { readMajor } from '../session/server-major.ts'
import { columnsIn, findTarget } from './find-target.ts'
import type { Lent } from './lent.ts'
import { findNewerSets } from './newer-sets.ts'
import { Counter } from './reached-rows.ts'
import { restoreEntries, waitAgain, type Restoring } from './restore.ts'
import { setFacts, type ArchiveEntry } from './schema.ts'
import type { Ways, Writing } from './own-writes.ts'
import { compareContents } from './contents.ts'
import { laterConstraints, type LaterConstraints } from '../sql/later-constraints.ts'
import {
  findNumber,
  meantByEach,
  readPartitionNames,
  readTables,
  type StoredTable,
} from './tables.ts'

export interface RestorerContext extends ArchiveRun {
  /** The statements of the migration that come after those of this segment. */
  readonly later: readonly Statement[]
  /** The migrations of the run that come after this one, and are applied again. */
  readonly behind: readonly LaterMigration[]
  /** The names that the migration stands for: its own, and those of migrations whose losses it makes room for as they would. */
  readonly names: readonly string[]
  /** The last segment of its migration. */
  readonly isLast: boolean
  /** What the migration writes itself. */
  readonly ways: Ways
}

/** A migration that comes later in the run, and was applied and reverted before. */
export interface LaterMigration {
  readonly reversion: Reversion
  readonly statements: readonly Writing[]
}

/**
 * Restores what waits for a migration. Rows, as soon as it has made their table. Values, after the last statement
 * that may write their rows, of this migration and of those that follow in the same run and were applied when the
 * values were written: what a backfill writes is older than what a user wrote over it once, and no statement meets what it did not meet the first time.
 * A statement that PostgreSQL refuses without the values (NOT NULL) is lent them.
 */
export class Restorer {
  readonly #client: pg.ClientBase
  readonly #context: RestorerContext
  readonly #evidence: Evidence
  /** Tables that were made under the names of entries, by those names. */
  readonly #sighted = new Map<string, string>()
  readonly #results: RestoreResult[] = []
  readonly #counter: Counter
  /** Tables that were there before the segment: none of them is made in the place of another. */
  #there: ReadonlySet<string> | undefined
  /** The statements of this segment that are still to come. */
  #rest: readonly Statement[] = []

  constructor(client: pg.ClientBase, context: RestorerContext, evidence: Evidence) {
    this.#client = client
    this.#context = context
    this.#evidence = evidence
    this.#counter = new Counter(client)
  }

  /** What became of what was restored. */
  get results(): readonly RestoreResult[] {
    return this.#results
  }

  /** Before the first statement. */
  async begin(): Promise<void> {
    const { entries } = this.#evidence
    this.#evidence.replace(await compareContents(this.#client, this.#context.actor, entries))
  }

  /** Before a statement: a table that it constrains must have its rows by then. */
  async before(statement: Statement, rest: readonly Statement[]): Promise<void> {
    this.#rest = [statement, ...rest]
    if (this.#mine().length > 0) this.#there ??= await readOids(this.#client)
    await this.#restoreTables((table) => isConstrained(statement, table))
    this.#rest = rest
  }

  /** Runs a statement; where it is refused for the rows or the values that wait for its tables, they go back before it runs again. */
  async lending(statement: Statement, execute: () => Promise<number>): Promise<number | Lent> {
    const { sql } = statement
    const waits = this.#mine().some(({ kind, facts }) => kind === 'rows' || facts.types)
    if (!waits) return execute()
    const tried = await trySavepoint(this.#client, execute, isOfValues)
    if ('value' in tried) return tried.value
    if (sqlState(tried.refusal) === FOREIGN_KEY && (await this.#restoreRows(statement)))
      return { again: execute }
    if (await this.#lend()) return { again: execute }
    const later = await laterConstraints(sql, await readMajor(this.#client))
    if (!later) throw tried.refusal
    return this.#lendBetween(statement, later, tried.refusal)
  }

  /**
   * A column gets its values before it must have them, and the table its rows before it refers to itself. A refusal is told in
   * the words of the statement.
   */
  async #lendBetween(
    statement: Statement,
    { adds, constrains }: LaterConstraints,
    refusal: unknown,
  ): Promise<Lent> {
    const client = this.#client
    const run = async (sql: string) => {
      const query = () => asAuthor(client, () => client.query(sql))
      const tried = await trySavepoint(client, query, isOfValues)
      return 'refusal' in tried ? sqlState(tried.refusal) : undefined
    }
    const runOrRefuse = async (sql: string) => {
      if ((await run(sql)) !== undefined) throw refusal
      return 0
    }
    const again = { again: () => runOrRefuse(constrains) }
    await runOrRefuse(adds)
    await this.#lend()
    return {
      again: async () => {
        const code = await run(constrains)
        if (code === undefined) return 0
        if (code === FOREIGN_KEY && (await this.#restoreRows(statement))) return again
        throw refusal
      },
    }
  }

  async after(): Promise<void> {
    await this.#sight()
  }

  /** The last segment restores all that is due together, in the order in which rows refer to each other. */
  async end(): Promise<void> {
    this.#rest = []
    const { isLast, later, behind } = this.#context
    const isDue = async (entry: ArchiveEntry) =>
      entry.kind !== 'values' || !(await this.#isWritten(entry, behind))
    if (!isLast) {
      await this.#restoreTables(() => true)
      if (!later.some(mayWriteRows)) await this.#restore((await this.#made()).filter(this.#isAlone))
      return
    }
    const due: ArchiveEntry[] = []
    for (const entry of [...this.#mine(), ...this.#waiting()]) {
      if (await isDue(entry)) due.push(entry)
      else await this.#wait(entry)
    }
    await this.#tellDerived()
    await this.#restore(due)
    await waitAgain(this.#client, this.#context.actor, this.#context)
  }

  /** Values of earlier migrations are computed from what this one has set. */
  async #tellDerived(): Promise<void> {
    const { ways, actor } = this.#context
    const mine = new Set(this.#mine())
    for (const entry of this.#evidence.entries) {
      const { facts, kind, run } = entry
      if (kind !== 'values' || run === actor.run || facts.isDerived || mine.has(entry)) continue
      const table = await findTarget(this.#client, entry, this.#finding)
      if (!table || findNewerSets(entry, table, ways).length === 0) continue
      await setFacts(this.#client, entry.id, { ...facts, isDerived: true })
      this.#evidence.replace([{ ...entry, facts: { ...facts, isDerived: true } }])
    }
  }

  /** What waits for this migration to go this way. */
  #mine(): ArchiveEntry[] {
    const { names, direction } = this.#context
    return this.#evidence.entries.filter(
      (entry) => names.includes(entry.migration) && (entry.facts.direction ?? 'down') !== direction,
    )
  }

  /** What earlier migrations of the run have made room for. */
  #waiting(): ArchiveEntry[] {
    const { direction } = this.#context
    const mine = new Set(this.#mine())
    return this.#evidence.entries.filter(
      (entry) => !mine.has(entry) && entry.facts.waits === direction,
    )
  }

  get #coming(): readonly Statement[] {
    return [...this.#rest, ...this.#context.later]
  }

  get #finding(): { readonly sighted: Map<string, string>; readonly coming: readonly Statement[] } {
    return { sighted: this.#sighted, coming: this.#coming }
  }

  /** Remembers the tables that have been made under the names of entries: they may be renamed in a moment. */
  async #sight(): Promise<void> {
    const unseen = this.#mine()
      .filter(
        ({ kind, schema, table }) =>
          kind !== 'sequence' && !this.#sighted.has(`${schema}.${table}`),
      )
      .map(({ schema, table: name }) => ({ schema, name }))
    const oids = await meantByEach(this.#client, unseen)
    const made = oids.filter((oid) => oid !== null).filter((oid) => !this.#there?.has(oid))
    const tables = await readTables(this.#client, made)
    for (const [n, { schema, name }] of unseen.entries()) {
      const table = tables.find(({ oid }) => oid === oids[n])
      if (table) this.#sighted.set(`${schema}.${name}`, table.oid)
    }
  }

  /** Tables that are there again, and that no later statement fills or gives a partition, get their rows. */
  async #restoreTables(isDue: (table: StoredTable) => boolean): Promise<void> {
    const due: ArchiveEntry[] = []
    for (const entry of this.#mine().filter(({ kind }) => kind === 'table')) {
      const table = await findTarget(this.#client, entry, this.#finding)
      if (!table || !isDue(table)) continue
      const names = [entry.table, ...(await readPartitionNames(this.#client, table))]
      const isReady = !this.#coming.some(
        (statement) => mayFill(statement, names) || addsPartition(statement, names),
      )
      if (isReady) due.push(entry)
    }
    await this.#restore(due, { mayWait: true })
  }

  /** Rows of the tables that a statement locks; false where none of them were there to restore. */
  async #restoreRows({ locks }: Statement): Promise<boolean> {
    return asMigrator(this.#client, async () => {
      const due: ArchiveEntry[] = []
      for (const entry of this.#mine().filter(({ kind }) => kind === 'rows')) {
        const table = await findTarget(this.#client, entry, this.#finding)
        if (table && locks.some((lock) => lock.table === table.name)) due.push(entry)
      }
      const results = await this.#restore(due, { mayWait: true })
      return results.some(({ restoredRows }) => restoredRows > 0)
    })
  }

  /** Values whose columns are there again, or have their old types again; `isLent`: some of them, where no other has another type. */
  async #made({ isLent = false } = {}): Promise<ArchiveEntry[]> {
    const made: ArchiveEntry[] = []
    for (const entry of this.#mine()) {
      const { types, table: oid } = entry.facts
      if (!types) continue
      const table = await findTarget(this.#client, entry, this.#finding)
      if (table?.oid !== oid || !table) continue
      const names = columnsIn(entry, table, this.#coming)
      const isAsItWas = (name: string, i: number) =>
        table.columns.some(
          (column) => column.name === name && `${column.fullType}${column.shape}` === types[i],
        )
      const isReady = (name: string, i: number) => (isLent && name === '') || isAsItWas(name, i)
      if (names.every(isReady) && names.some(isAsItWas)) made.push(entry)
    }
    return made
  }

  /** Rows come back before the values that they lost earlier, on the same way. */
  readonly #isAlone = ({ facts }: ArchiveEntry): boolean =>
    !this.#mine().some(({ kind, facts: { table } }) => kind === 'rows' && table === facts.table)

  /** False where there was nothing to lend. */
  async #lend(): Promise<boolean> {
    return asMigrator(this.#client, async () => {
      const made = await this.#made({ isLent: true })
      await this.#evidence.renew(made)
      const restoring = { ...(await this.#restoring()), isLent: true }
      const results = await restoreEntries(this.#client, made, restoring)
      await this.#counter.skip()
      return results.some(({ restoredRows }) => restoredRows > 0)
    })
  }

  async #isWritten(entry: ArchiveEntry, later: readonly LaterMigration[]): Promise<boolean> {
    const taken = { run: entry.run, written: entry.facts.written }
    const by = later
      .filter(({ reversion }) => wasApplied(reversion, taken))
      .flatMap(({ statements }) => statements)
    if (by.length === 0) return false
    const table = await findTarget(this.#client, entry, this.#finding)
    return table !== undefined && by.some((statement) => mayFill(statement, [table.name]))
  }

  /** A later migration may rename what it is of, so that is found now. */
  async #wait(entry: ArchiveEntry): Promise<void> {
    const table = await findTarget(this.#client, entry, this.#finding)
    if (!table) return
    const names = columnsIn(entry, table, this.#coming)
    const numbers = names.map((name) => findNumber(table, name) ?? 0)
    const facts = { ...entry.facts, numbers, waits: this.#context.direction }
    await setFacts(this.#client, entry.id, facts)
    this.#evidence.remove(new Set([entry.id]))
  }

  async #restoring(): Promise<Restoring> {
    const { actor, checksum, direction, ways } = this.#context
    const { entries: pending, marked } = this.#evidence
    const reached = await this.#counter.reached()
    const known = { pending, marked, ways, reached, there: this.#there }
    return { actor, checksum, direction, ...known, ...this.#finding }
  }

  async #restore(
    entries: readonly ArchiveEntry[],
    { mayWait = false } = {},
  ): Promise<readonly RestoreResult[]> {
    if (entries.length === 0) return []
    // Where the statement has rewritten the table, its rows are elsewhere now.
    await this.#evidence.renew(entries)
    const restoring = { ...(await this.#restoring()), mayWait }
    const results = await restoreEntries(this.#client, entries, restoring)
    await this.#counter.skip()
    this.#results.push(...results)
    this.#evidence.remove(new Set(results.map(({ entry }) => entry)))
    await this.#evidence.follow()
    return results
  }
}

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const FOREIGN_KEY = '23503'

/** Integrity constraint violations: a NOT NULL of a column whose values wait, say. */
const isOfValues = (error: unknown) => sqlState(error)?.startsWith('23') ?? false

async function readOids(client: pg.ClientBase): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ oid: string }>(
    `select oid::text from pg_class where relkind in ('r', 'p')`,
  )
  return new Set(rows.map(({ oid }) => oid))
}

/** Adds a constraint or an index to the table, or a foreign key that names it, so its rows must be there. */
function isConstrained({ effects, locks }: Statement, { name }: StoredTable): boolean {
  const isMade = effects.some(
    ({ change, key }) => change === 'makes' && /^(constraint of|not null of|index) /.test(key),
  )
  return locks.some(
    ({ table, mode, through }) =>
      table === name && (isMade || (mode === 'SHARE ROW EXCLUSIVE' && !through)),
  )
}

function mayFill({ locks, hasUnknownLocks }: Writing, tables: readonly string[]): boolean {
  return (
    hasUnknownLocks ||
    locks.some(({ table, mode }) => tables.includes(table) && mode === 'ROW EXCLUSIVE')
  )
}

/** A default partition that has rows of the new one stands in its way. */
function addsPartition({ locks }: Statement, parents: readonly string[]): boolean {
  return locks.some(
    ({ table, through, work }) =>
      parents.includes(table) && through === 'default' && work === 'scan',
  )
}

/** Some table's: triggers and foreign keys may lead from there to any. */
function mayWriteRows({ dataLosses, hasUnknownLocks }: Writing): boolean {
  return hasUnknownLocks || dataLosses.some(({ what }) => !WRITES_NO_ROWS.has(what))
}

const WRITES_NO_ROWS = new Set(['objects', 'others', 'column', 'conversion', 'reads'])
