import type pg from 'pg'
import type { Statement } from '../migration.ts'
import type { Evidence } from './evidence.ts'
import type { ArchiveRun } from './record.ts'
import type { RestoreResult } from '../events.ts'
import { columnsIn, findTarget, restoreEntries } from './restore.ts'
import type { ArchiveEntry } from './schema.ts'
import { findTable, type StoredTable } from './tables.ts'

export interface RestorerContext extends ArchiveRun {
  /** The statements of the migration that come after those of this segment. */
  readonly later: readonly Statement[]
  /** The last segment of its migration. */
  readonly isLast: boolean
}

/** Restores what waits for a migration, each thing as soon as the migration has made room for it. */
export class Restorer {
  readonly #client: pg.ClientBase
  readonly #context: RestorerContext
  readonly #evidence: Evidence
  /** Tables that were made under the names of entries, by those names. */
  readonly #sighted = new Map<string, string>()
  readonly #results: RestoreResult[] = []

  constructor(client: pg.ClientBase, context: RestorerContext, evidence: Evidence) {
    this.#client = client
    this.#context = context
    this.#evidence = evidence
  }

  /** What became of what was restored. */
  get results(): readonly RestoreResult[] {
    return this.#results
  }

  /** Before a statement: a table that it constrains must have its rows by then. */
  async before(statement: Statement, rest: readonly Statement[]): Promise<void> {
    await this.#restoreTables((table) => isConstrained(statement, table), rest)
  }

  async after(): Promise<void> {
    await this.#sight()
    await this.#restoreMadeColumns()
  }

  async end(): Promise<void> {
    await this.#restoreTables(() => true, [])
    if (this.#context.isLast) await this.#restore(this.#mine())
  }

  /** What waits for this migration to go this way. */
  #mine(): ArchiveEntry[] {
    const { migration, direction } = this.#context
    return this.#evidence.entries.filter(
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

  /** Tables that are there again, and that no later statement fills, get their rows. */
  async #restoreTables(
    isDue: (table: StoredTable) => boolean,
    rest: readonly Statement[],
  ): Promise<void> {
    const due: ArchiveEntry[] = []
    for (const entry of this.#mine().filter(({ kind }) => kind === 'table')) {
      const table = await findTarget(this.#client, entry, this.#sighted)
      const isFilled = [...rest, ...this.#context.later].some((statement) =>
        mayFill(statement, entry.table),
      )
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
    // Where the statement has written the table anew, its rows are elsewhere now.
    await this.#evidence.renew(entries)
    const { entries: pending, marked } = this.#evidence
    const restoring = { actor, checksum, direction, pending, marked, sighted: this.#sighted }
    this.#results.push(...(await restoreEntries(this.#client, entries, restoring)))
    this.#evidence.remove(new Set(entries.map(({ id }) => id)))
  }
}

/** Adds a constraint or an index to the table, so its rows must be there. */
function isConstrained({ effects, locks }: Statement, { name }: StoredTable): boolean {
  return (
    locks.some(({ table }) => table === name) &&
    effects.some(
      ({ change, key }) => change === 'makes' && /^(constraint of|not null of|index) /.test(key),
    )
  )
}

function mayFill({ locks, hasUnknownLocks }: Statement, table: string): boolean {
  return (
    hasUnknownLocks || locks.some((lock) => lock.table === table && lock.mode === 'ROW EXCLUSIVE')
  )
}
