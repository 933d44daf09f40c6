import type { Direction } from '../../migration.ts'
import type { RunRequest } from '../../run/request.ts'
import { MigratorError } from '../../errors/index.ts'
import type { Project } from '../../project/project.ts'
import type { RunEvent, Loss, RestoreResult } from '../../events.ts'
import { run } from '../../run/index.ts'
import { databaseTarget } from '../../session/database-target.ts'
import { sqlProject } from '../../testing/sql-project.ts'
import { listArchive } from '../manage.ts'
import type { ArchiveEntry } from '../schema.ts'
import type { Case, Writer } from './case.ts'
import { compare, type Difference, type Touched } from './compare.ts'
import { judgeWritten, type WrittenAt } from './newer.ts'
import type { Scene, Stage } from './stage.ts'
import { takeSnapshot, type Row, type Snapshot } from './snapshot.ts'

/**
 * How a case ended well: `equal`: all is as it was; `asked`: something is not, and was named as unknown before;
 * `kept`: it is in the archive, which was reported; `refused`: nothing was changed. `invalid`: PostgreSQL
 * refuses the statements themselves. Every other ending is a fault.
 */
export type Ending = 'equal' | 'asked' | 'kept' | 'refused' | 'invalid' | Fault

export type Fault =
  /** Something is gone, and nobody was asked. */
  | 'lost in silence'
  /** It was counted as kept, and is neither there nor in the archive. */
  | 'lost though counted'
  /** Somebody has written since, and that is gone. */
  | 'newer overwritten'
  /** Rows that were not there before. */
  | 'rows too many'
  /** A sequence would give a number out twice. */
  | 'sequence behind'
  /** It is in the archive, though nobody has touched anything. */
  | 'not restored'
  /** It is in the archive, and nobody was told. */
  | 'not reported'
  /** A refusal has changed something. */
  | 'changed by a refusal'
  /** `up` failed, which had worked before. */
  | 'up failed'
  /** `down` failed, which PostgreSQL does when it is asked directly. */
  | 'down failed'
  | 'schema differs'
  /** Rows were taken, and nobody was asked, though all of them came back. */
  | 'not asked'
  /** A run ended in an error that has no code. */
  | 'raw error'

export interface Verdict {
  readonly ending: Ending
  /** What there is to say, line by line. */
  readonly says: readonly string[]
  readonly losses: readonly string[]
  readonly milliseconds: number
}

const GOOD = new Set<Ending>(['equal', 'asked', 'kept', 'refused', 'invalid'])

export function isFault({ ending }: Verdict): boolean {
  return !GOOD.has(ending)
}

/** Plays a case from its first statement to the comparison. */
export async function play(stage: Stage, given: Case): Promise<Verdict> {
  const started = performance.now()
  const scene = await stage.open(given)
  const project = await projectOf(given).catch((error: unknown) => String(error))
  try {
    const told =
      typeof project === 'string'
        ? ending('invalid', project)
        : await new Play(stage, scene, given, project).go()
    return { losses: [], ...told, milliseconds: performance.now() - started }
  } finally {
    await scene.close()
    if (typeof project !== 'string') await project.drop()
  }
}

type Told = Omit<Verdict, 'milliseconds' | 'losses'> & { losses?: readonly string[] }

function ending(ending: Ending, ...says: string[]): Told {
  return { ending, says }
}

/** Of a mirrored case all rows are kept that `up` takes, which is for a migration to decide. */
const KEPT_BYTES = 2 ** 28

function projectOf({ migrations, isMirrored }: Case): ReturnType<typeof sqlProject> {
  const ordered = isMirrored ? migrations.toReversed() : migrations
  const named = ordered.map(({ up, down }, n) => {
    const [there, back] = [up.join(';\n'), down.join(';\n')]
    const migration = isMirrored
      ? { up: back, down: there, keepRows: KEPT_BYTES }
      : { up: there, down: back }
    return [`M${n + 1}`, migration] as const
  })
  return sqlProject(Object.fromEntries(named))
}

/** `away` takes what `home` brings back: `down` and `up`, and of a mirrored case `up` and `down`. */
type Way = 'away' | 'home'

/** What `run` promises never to throw. */
class RawError extends MigratorError {
  constructor(cause: unknown) {
    super('STATEMENT_FAILED', {}, String(cause), cause)
  }
}

interface Ran {
  readonly error: MigratorError | undefined
  readonly losses: readonly Loss[]
  /** What it says is left in the archive. */
  readonly left: readonly RestoreResult[]
}

class Play {
  readonly #losses: Loss[] = []
  readonly #written: WrittenAt[] = []
  readonly #waiting: Writer[]
  readonly #stage: Stage
  readonly #scene: Scene
  readonly #case: Case
  readonly #project: Project

  constructor(stage: Stage, scene: Scene, given: Case, project: Project) {
    this.#stage = stage
    this.#scene = scene
    this.#case = given
    this.#project = project
    this.#waiting = [...given.writers]
  }

  async go(): Promise<Told> {
    const { given, rows } = this.#case
    const notGiven = await this.#plainly(given)
    if (notGiven !== undefined) return ending('invalid', notGiven)
    const notThere = await this.#headFirst()
    if (notThere) return notThere
    const notWritten = await this.#plainly(rows)
    if (notWritten !== undefined) return ending('invalid', notWritten)
    const before = await this.#look()
    for (let { rounds = 1 } = this.#case; ; rounds -= 1) {
      const told = await this.#goBackAndForth(before)
      if (rounds <= 1 || told.ending !== 'equal') return { ...told, losses: this.#named() }
    }
  }

  async #goBackAndForth(before: Snapshot): Promise<Told> {
    const away = await this.#goAway(before)
    if ('ending' in away) return away
    this.#writeBetween()
    const home = await this.#goThrough('home')
    return home.error ? this.#homeFailed(home.error) : this.#judge(before, home)
  }

  #directionOf(way: Way): Direction {
    return (way === 'away') === (this.#case.isMirrored ?? false) ? 'up' : 'down'
  }

  #wayOf(direction: Direction): Way {
    return this.#directionOf('away') === direction ? 'away' : 'home'
  }

  /** In one run, or in one for each migration. */
  async #goThrough(way: Way): Promise<Ran> {
    const direction = this.#directionOf(way)
    const left: RestoreResult[] = []
    let last: Ran = { error: undefined, losses: [], left }
    for (const target of this.#targets(direction)) {
      last = await this.#run({ direction, target, yes: true })
      left.push(...last.left)
      if (last.error) break
    }
    return { ...last, left }
  }

  #targets(direction: Direction): string[] {
    const { stepwise, migrations } = this.#case
    const end = direction === 'up' ? 'head' : 'base'
    if (!stepwise) return [end]
    const names = migrations.map((_, n) => `M${n + 1}`)
    return direction === 'up' ? names : [...names.toReversed().slice(1), end]
  }

  #look(): Promise<Snapshot> {
    return takeSnapshot(this.#scene.observer, true)
  }

  /** Runs statements as the application; says why one could not be run. */
  async #plainly(statements: readonly string[]): Promise<string | undefined> {
    const client = await this.#scene.connectPlainly()
    try {
      for (const sql of statements) {
        const problem = await client.query(sql).then(
          () => undefined,
          (error: unknown) => `${String(error)}: ${sql}`,
        )
        if (problem !== undefined) return problem
      }
      return undefined
    } finally {
      await client.end()
    }
  }

  async #headFirst(): Promise<Told | undefined> {
    if (this.#case.isMirrored) {
      const problem = await this.#asAuthor('home', 'commit')
      return problem === undefined ? undefined : ending('invalid', problem)
    }
    const { error } = await this.#run({ direction: 'up', target: 'head' }, false)
    return error && this.#stepFailed('up', error)
  }

  /** Where PostgreSQL refuses the statements itself, it is no fault of the run. */
  async #stepFailed(direction: Direction, error: MigratorError): Promise<Told> {
    if (error instanceof RawError) return ending('raw error', String(error.cause))
    const refusal = await this.#asAuthor(this.#wayOf(direction), 'rollback')
    if (refusal === undefined)
      return ending(`${direction} failed`, `${error.code}: ${error.message}`)
    return ending('invalid', `${direction}: ${refusal}`, error.message)
  }

  async #goAway(before: Snapshot): Promise<Ran | Told> {
    if (!this.#case.isMirrored) return this.#goDown(before)
    const ran = await this.#goThrough('away')
    return ran.error ? this.#awayFailed(ran.error) : ran
  }

  /** Goes back, as a person does: asks first. Ends the case where that is refused. */
  async #goDown(before: Snapshot): Promise<Ran | Told> {
    const first = await this.#run({ direction: 'down', target: 'base' })
    if (!first.error) {
      const taken = first.losses.length === 0 ? await this.#taken(before) : []
      return taken.length > 0 ? ending('not asked', ...taken) : first
    }
    const asked = first.error.code === 'LOSSES_UNCONFIRMED'
    const changed = await this.#changed(before)
    if (changed) return ending('changed by a refusal', first.error.message, changed)
    if (!asked) return this.#awayFailed(first.error)
    const second = await this.#goThrough('away')
    if (!second.error) return second
    const changedNow = await this.#changed(before)
    if (changedNow) return ending('changed by a refusal', second.error.message, changedNow)
    return this.#awayFailed(second.error)
  }

  /** Tables that have fewer rows than before. */
  async #taken(before: Snapshot): Promise<string[]> {
    const { tables } = await takeSnapshot(this.#scene.observer, false)
    const touched = this.#touched()
    return [...before.tables].flatMap(([table, rows]) => {
      const ids = touched.get(table) ?? new Set()
      const untouched = (all: readonly Row[] = []) =>
        all.filter(({ id }) => id === null || !ids.has(id)).length
      const [then, now] = [untouched(rows), untouched(tables.get(table))]
      return now < then ? [`${table} had ${then} rows, and has ${now}`] : []
    })
  }

  async #changed(before: Snapshot): Promise<string | undefined> {
    // Migrations that are done stay done where a later one is refused.
    if (this.#case.migrations.length > 1) return undefined
    const differences = compare(before, await this.#look(), this.#touched())
    return differences.length > 0 ? say(differences) : undefined
  }

  async #awayFailed(error: MigratorError): Promise<Told> {
    if (error.exit === 3) return ending('refused', `${error.code}: ${error.message}`)
    return this.#stepFailed(this.#directionOf('away'), error)
  }

  /** A migration that needs the values that it lost gets them, or says that the archive has them. */
  async #homeFailed(error: MigratorError): Promise<Told> {
    const direction = this.#directionOf('home')
    if (error instanceof RawError) return this.#stepFailed(direction, error)
    // Whoever has written rows since may be in the way of a constraint, or of a table of the same name.
    if (this.#hasWrites() && error.exit === 3) return ending('refused', error.message)
    // What it lacks are the values that the archive has.
    if (/contains null values/.test(error.message))
      return ending(`${direction} failed`, error.message)
    return this.#stepFailed(direction, error)
  }

  /**
   * Runs all statements of a way itself, under the role's own settings; says why PostgreSQL refuses one. With
   * `rollback` in vain, to look.
   */
  async #asAuthor(way: Way, end: 'commit' | 'rollback'): Promise<string | undefined> {
    const { migrations } = this.#case
    const client = await this.#scene.connectAsAuthor()
    try {
      await client.query('begin read write')
      const texts =
        way === 'home'
          ? migrations.flatMap(({ up }) => up)
          : migrations.toReversed().flatMap(({ down }) => down)
      for (const sql of texts) await client.query(sql)
      await client.query('set constraints all immediate')
      await client.query(end)
      return undefined
    } catch (error) {
      return String(error)
    } finally {
      await client.end()
    }
  }

  #writeBetween(): void {
    for (const writer of this.#waiting.filter(({ at }) => at === 'between')) this.#write(writer)
  }

  #write({ at, writes, kills }: Writer): void {
    const order = { url: this.#scene.url, writes, kills }
    const written = this.#stage.writer.write(order)
    this.#written.push(...written.map((one) => ({ ...one, at })))
  }

  async #run(request: RunRequest, hasWriters = true): Promise<Ran> {
    const losses: Loss[] = []
    const left: RestoreResult[] = []
    const seen = new Map<string, number>()
    const onEvent = (event: RunEvent) => {
      if (event.type === 'losses') losses.push(...event.losses)
      if (event.type === 'restored')
        left.push(...event.returned.filter(({ note }) => note !== undefined))
      const nth = seen.get(event.type) ?? 0
      seen.set(event.type, nth + 1)
      if (hasWriters) this.#onEvent(this.#wayOf(request.direction), event.type, nth)
    }
    const limits = { lockBudget: 5_000, statementTimeout: 20_000 }
    const database = databaseTarget(this.#scene.url, { onEvent, limits })
    // What lint refuses is not what is tried here; on the way back `yes` is.
    const asked = {
      drift: 'ignore',
      ...(request.direction === 'up' && { yes: true }),
      ...request,
    } as const
    const error = await run(this.#project, database, asked).then(
      () => undefined,
      (problem: unknown) => {
        return problem instanceof MigratorError ? problem : new RawError(problem)
      },
    )
    if (this.#wayOf(request.direction) === 'away') this.#losses.push(...losses)
    return { error, losses, left }
  }

  #onEvent(way: Way, event: RunEvent['type'], nth: number): void {
    const at = way === 'away' ? 'down' : 'up'
    const due = this.#waiting.findIndex(
      (writer) => writer.at === at && writer.event === event && writer.nth === nth,
    )
    const [writer] = due < 0 ? [] : this.#waiting.splice(due, 1)
    if (writer) this.#write(writer)
  }

  async #judge(before: Snapshot, { left }: Ran): Promise<Told> {
    const after = await this.#look()
    const differences = compare(before, after, this.#touched())
    const entries = await this.#archived(left)
    const kept = entries.map(describeEntry)
    const notes = left.flatMap(({ note }) => note ?? [])
    const newer = await judgeWritten(this.#scene.observer, this.#written, entries)
    if (newer.length > 0) return ending('newer overwritten', ...newer)
    if (kept.length > 0 && left.length === 0) {
      return ending('not reported', ...kept, say(differences))
    }
    if (differences.length === 0) return ending(kept.length > 0 ? 'kept' : 'equal', ...notes)
    return {
      ending: this.#endingOf(differences, kept),
      says: [say(differences), ...kept, ...notes],
    }
  }

  #endingOf(differences: readonly Difference[], kept: readonly string[]): Ending {
    if (this.#losses.some(({ what }) => what === 'unknown')) return 'asked'
    const has = (what: Difference['what']) => differences.some((one) => one.what === what)
    if (has('sequence')) return 'sequence behind'
    const rows = differences.filter(({ what }) => what !== 'schema')
    if (rows.length === 0) return 'schema differs'
    if (rows.every(({ missing }) => missing.length === 0)) return 'rows too many'
    if (this.#losses.length === 0) return 'lost in silence'
    if (kept.length === 0) return 'lost though counted'
    return this.#hasWrites() ? 'kept' : 'not restored'
  }

  #hasWrites(): boolean {
    return this.#case.writers.some(({ writes }) => writes.length > 0)
  }

  #touched(): Touched {
    const touched = new Map<string, Set<string>>()
    for (const { write, rows } of this.#written) {
      const ids = touched.get(write.table) ?? new Set()
      for (const { id } of rows) ids.add(String(id))
      // Rows of a partitioned table are those of its partitions: `t1` and `t2` of `t`.
      const partitions = [1, 2].map((n) => write.table.replace(/"$/, `${n}"`))
      for (const table of [write.table, ...partitions]) touched.set(table, ids)
    }
    return touched
  }

  /** What the archive holds. */
  async #archived(told: readonly RestoreResult[]): Promise<ArchiveEntry[]> {
    const entries = await listArchive(this.#project, databaseTarget(this.#scene.url))
    // What the way home itself takes away waits for the next one away, unless it is told as what is left.
    const home = this.#directionOf('home')
    return entries.filter(
      ({ id, facts }) => facts.direction !== home || told.some(({ entry }) => entry === id),
    )
  }

  #named(): string[] {
    return [
      ...new Set(this.#losses.map(({ object, what, count }) => `${object}: ${count} ${what}`)),
    ]
  }
}

function describeEntry({ kind, table, rows, note }: ArchiveEntry): string {
  return `archive: ${kind} ${table} ${rows} ${note ?? ''}`
}

const short = (texts: readonly string[]) =>
  texts.slice(0, 4).map((text) => (text.length > 200 ? `${text.slice(0, 200)}…` : text))

function say(differences: readonly Difference[]): string {
  return differences
    .map(
      ({ object, what, missing, extra }) =>
        `${what} ${object}: missing ${missing.length}, extra ${extra.length}\n${[
          ...short(missing).map((text) => `  - ${text}`),
          ...short(extra).map((text) => `  + ${text}`),
        ].join('\n')}`,
    )
    .join('\n')
}
