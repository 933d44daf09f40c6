import type pg from 'pg'
import { failure } from '../errors/index.ts'
import type { Statement } from '../migration.ts'
import { refusingHiddenRows } from '../session/all-rows.ts'
import { asAuthor, asMigrator } from '../session/author.ts'
import { savepointKind } from '../sql/savepoint.ts'
import { Entries } from './entries.ts'
import { Evidence } from './evidence.ts'
import { LossKeeper, type LossKeeperContext } from './loss-keeper.ts'
import { rememberContents } from './contents.ts'
import { namesBefore, type NamesBefore } from '../known/names-before.ts'
import type { RestoreResult } from '../events.ts'
import { keepsRows } from './record.ts'
import { Restorer, type RestorerContext } from './restorer.ts'
import type { ArchiveEntry } from './schema.ts'
import { type ArchiveGuard, explainTampering } from './tampering.ts'

/** A segment at work, as far as the archive has to do with it. */
export interface SegmentArchiveContext extends LossKeeperContext, RestorerContext {
  /** What waits in the archive, of every migration of the ledger. */
  readonly pending: readonly ArchiveEntry[]
}

const OTHER = { up: 'down', down: 'up' } as const

/**
 * Goes along with the statements of a segment, in its transaction: keeps what they take away, and restores what
 * they make room for. All of it commits with them, or nothing.
 */
export class SegmentArchive {
  readonly #client: pg.Client
  readonly #evidence: Evidence
  readonly #keeper: LossKeeper
  readonly #lost: Entries
  readonly #restorer: Restorer
  readonly #names: NamesBefore = namesBefore()
  readonly #context: SegmentArchiveContext
  readonly #guard: ArchiveGuard
  #isCode = false
  /** What PostgreSQL said last of a statement of the author's. */
  #refusal: unknown

  constructor(client: pg.Client, context: SegmentArchiveContext) {
    for (const statement of context.earlier) this.#names.follow(statement)
    this.#client = client
    this.#context = context
    this.#evidence = new Evidence(client, context.pending, keepsRows(context))
    this.#guard = this.#evidence.guard
    const lost = new Entries(client, context, this.#evidence, this.#names)
    this.#lost = lost
    const other = { ...context, direction: OTHER[context.direction] }
    const putBack = new Entries(client, other, this.#evidence, this.#names)
    this.#keeper = new LossKeeper(client, context, { lost, putBack }, this.#evidence)
    this.#restorer = new Restorer(client, context, this.#evidence)
  }

  /** Before the first statement, or before code, which may change any row. */
  async begin(isCode: boolean): Promise<void> {
    this.#isCode = isCode
    await asMigrator(this.#client, async () => {
      await this.#restorer.begin()
      await this.#lost.watchWholes()
      if (this.#context.direction === 'down') await this.#keeper.watchSequences()
      if (!isCode) return
      await this.#evidence.lockWaiting()
      await this.#keeper.watchRestored()
      await this.#guard.begin()
    })
  }

  /** Runs a statement of the author's; returns how many rows it met. `rest`: those of the segment that follow. */
  async run(
    statement: Statement,
    execute: () => Promise<number>,
    rest: readonly Statement[],
  ): Promise<number> {
    const kind = await savepointKind(statement.sql)
    if (kind === 'ROLLBACK TO') {
      throw failure('ROLLBACK_TO_UNKEPT', {
        name: this.#context.migration,
        statement: statement.sql,
      })
    }
    // In no savepoint of the archive's, which would end with it.
    if (kind !== undefined) return execute()
    const executing = async () => {
      try {
        return await this.#evidence.observe(statement, () =>
          asAuthor(this.#client, () => this.#guard.watch(execute, statement.sql)),
        )
      } catch (error) {
        this.#refusal = error
        throw error
      }
    }
    const work = async () => {
      await this.#evidence.lockFor(statement)
      await this.#restorer.before(statement, rest)
      const rows = await this.#keeper.run(
        statement,
        () => this.#restorer.lending(statement, executing),
        rest,
      )
      this.#guard.refuse(this.#context.migration)
      this.#names.follow(statement)
      await this.#restorer.after()
      return rows
    }
    return this.#work(work)
  }

  /** Runs what may call the author's code between two statements. */
  async watch(work: () => Promise<unknown>): Promise<void> {
    await this.#guard.watch(work)
    this.#guard.refuse(this.#context.migration)
  }

  /** After the segment was rolled back. */
  async undone(): Promise<void> {
    await asMigrator(this.#client, () => this.#keeper.undone())
  }

  /** Ends the segment; returns what became of what it has restored. */
  async end(): Promise<readonly RestoreResult[]> {
    const work = async () => {
      if (this.#isCode) await this.#guard.end()
      this.#guard.refuse(this.#context.migration)
      await this.#keeper.end()
      this.#guard.refuse(this.#context.migration)
      await this.#evidence.renew()
      await this.#restorer.end()
      await rememberContents(this.#client, this.#context.actor)
      return [...this.#restorer.results, ...this.#keeper.changedAgain]
    }
    return this.#work(work)
  }

  async #work<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await asMigrator(this.#client, () => refusingHiddenRows(work))
    } catch (error) {
      const isOurs = error !== this.#refusal && this.#guard.hasArchive
      throw isOurs ? explainTampering(this.#context.migration, error) : error
    }
  }
}
