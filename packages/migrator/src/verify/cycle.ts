import { diffBesidesPartitions, type Difference } from '../catalog/index.ts'
import { MigratorError } from '../errors/index.ts'
import { findPostgresError } from '../errors/postgres-error.ts'
import type { Direction } from '../migration.ts'
import { run } from '../run/index.ts'
import { withoutNewRoles } from '../scratch/made-roles.ts'
import { withScratchDatabase } from '../scratch/scratch-database.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { findFilledTables } from './filled-tables.ts'
import { fillAfter, fillCopy, type Unfilled } from './fill.ts'
import { judgeReturn, judgeUp } from './judge-data.ts'
import { judgeSchema } from './judge-schema.ts'
import { describeForgotten, findForgotten } from './forgotten.ts'
import type { Fault, Step, Unproved, VerifiedMigration } from './report.ts'
import { takeSnapshot, type Snapshot } from './row-snapshot.ts'
import { askRelease, judgeReleases, listUntried, type Answers } from './releases.ts'
import type { Candidate, Stage } from './stage.ts'
import { runDataTest } from './data-test.ts'
import { measureStall } from './stall.ts'
import { watch, type Watched } from './watch.ts'

/**
 * Runs one migration on a copy of the database that is just before it: up, down and up again, and holds each against what
 * the migration says.
 */
export async function verifyMigration(
  stage: Stage,
  candidate: Candidate,
): Promise<VerifiedMigration> {
  const started = performance.now()
  const { name } = candidate.migration
  const { unmet: _, refused: __, touched: ___, ...found } = await tryRows(stage, candidate)
  const { faults, unproved } = found
  return {
    name,
    verdict: faults.length > 0 ? 'faulty' : unproved.length > 0 ? 'unproved' : 'holds',
    ...found,
    milliseconds: Math.round(performance.now() - started),
  }
}

/**
 * With rows in all tables; where they are not what the migration requires or counts on, with fewer of them, which is not
 * wrong and not proved.
 */
async function tryRows(stage: Stage, candidate: Candidate): Promise<Tried> {
  const found = await onCopy(stage, candidate, (copy) => fillCopy(stage, copy))
  const { unmet } = found
  if (unmet === undefined) return tryFewer(stage, candidate, found)
  const fitting = await onCopy(stage, candidate, (copy) => fillAfter(stage, candidate, copy))
  if (fitting.unmet === undefined) return fitting
  const reason = `the rows that were made are not what it requires, so it was tried without them: ${unmet}`
  return tryWithout(stage, candidate, reason)
}

async function tryFewer(stage: Stage, candidate: Candidate, found: Tried): Promise<Tried> {
  const kept = (await tryKeptRows(stage, candidate, found)) ?? found
  if (kept.refused?.isOfNames !== true) return kept
  const { message } = kept.refused
  const reason = `it makes SQL from values of rows, and not from those that were made, so it was tried without them: ${message}`
  const without = await tryWithout(stage, candidate, reason)
  return without.refused === undefined ? without : found
}

async function tryWithout(stage: Stage, candidate: Candidate, reason: string): Promise<Tried> {
  const found = await onCopy(stage, candidate, async () => new Map())
  return withUnproved(found, [{ object: candidate.migration.name, reason }])
}

/**
 * Migrations that put rows into a table may count on there being no others: one row with a version. Undefined where it does
 * not run with those alone either.
 */
async function tryKeptRows(
  stage: Stage,
  candidate: Candidate,
  { refused }: Tried,
): Promise<Tried | undefined> {
  if (refused?.isOfRows !== true) return undefined
  const filled = await findFilledTables(stage.main, stage.ledger)
  const kept = new Map([...filled].filter(([oid]) => !stage.fixtureTables.has(oid)))
  if (kept.size === 0) return undefined
  const leave = new Set(kept.keys())
  const found = await onCopy(stage, candidate, (copy) => fillCopy(stage, copy, leave))
  if (found.refused?.isOfRows === true || found.unmet !== undefined) return undefined
  const reason = `it does not run with more rows than migrations put in, so it was tried with these alone: ${refused.message}`
  return withUnproved(
    found,
    [...kept.values()].map((object) => ({ object, reason })),
  )
}

function withUnproved(found: Tried, own: readonly Unproved[]): Tried {
  return { ...found, unproved: [...own, ...found.unproved] }
}

/** Undefined where no rows can be made in this way. */
type Prepare = (copy: DatabaseTarget) => Promise<Unfilled | undefined>

async function onCopy(stage: Stage, candidate: Candidate, prepare: Prepare): Promise<Tried> {
  const work = async (copy: DatabaseTarget): Promise<Tried> => {
    const unfilled = await prepare(copy)
    if (!unfilled) return { ...NOTHING, unmet: 'no rows' }
    return cycle({ stage, candidate, unfilled, copy: watched(copy) })
  }
  const tried = await lendCopy(stage, work)
  const { touched, faults } = tried
  if (!touched || touched.size === 0 || faults.length > 0) return tried
  const measured = async (copy: DatabaseTarget) => {
    await prepare(copy)
    await runDataTest(stage, copy, candidate.migration.name, 'before')
    return measureStall(stage, candidate, copy, touched)
  }
  const stall = await lendCopy(stage, measured)
  return { ...tried, ...(stall && { stall }) }
}

function lendCopy<T>(
  { server, main, roles }: Stage,
  work: (copy: DatabaseTarget) => Promise<T>,
): Promise<T> {
  return withoutNewRoles(server, roles, () => withScratchDatabase(server, work, main))
}

/** PostgreSQL reports there what it reads whole. */
function watched(copy: DatabaseTarget): DatabaseTarget {
  return { ...copy, startsWith: '-c client_min_messages=debug1' }
}

type Found = Omit<VerifiedMigration, 'name' | 'verdict' | 'milliseconds'>

const NOTHING = { faults: [], unproved: [], notRestored: [] }

/** `unmet`: the rows are not what it requires, so it has not run. */
interface Tried extends Found {
  readonly unmet?: string
  /** It does not run with the rows that are there. */
  readonly refused?: Refusal
  /** The relations that it locked against writers, or wrote. */
  readonly touched?: ReadonlySet<string>
}

interface Refusal {
  readonly message: string
  /** Other rows may do. */
  readonly isOfRows: boolean
  /** A function has made SQL that PostgreSQL cannot read, or that names what is not there. */
  readonly isOfNames: boolean
}

interface Cycle {
  readonly stage: Stage
  readonly candidate: Candidate
  readonly unfilled: Unfilled
  readonly copy: DatabaseTarget
}

async function cycle(work: Cycle): Promise<Tried> {
  const { stage, candidate } = work
  const { migration, expected } = candidate
  const prepared = await runDataTest(stage, work.copy, migration.name, 'before')
  if (prepared.length > 0) return { ...NOTHING, faults: prepared }
  const before = await look(work)
  const { phase } = migration
  const asked = stage.releases && (await askRelease(work.copy, phase, stage.releases))
  const up = watchIn('up', work)
  const failed = await go(work, 'up', up)
  if (failed?.code === 'REQUIRES') return { ...NOTHING, unmet: failed.message }
  if (failed) return { ...NOTHING, faults: [toFault(failed, work, 'up')], ...findRefusal(failed) }
  const after = await look(work)
  const faults = [
    ...(expected ? judgeSchema(diffBesidesPartitions(after.catalog, expected), RECORDED) : []),
    ...judgeUp(before, after, up.said),
    ...up.faults,
    ...(await runDataTest(stage, work.copy, migration.name, 'after')),
    ...(asked ? await askAgain(work, asked) : []),
  ]
  const { touched } = up
  const unproved = [
    ...(expected ? [] : [UNRECORDED]),
    ...findEmpty(before, up, work.unfilled),
    ...(asked && stage.releases ? listUntried(migration, stage.releases, asked) : []),
  ]
  if (migration.down.kind === 'none')
    return { faults, unproved, notRestored: [], noWayBack: migration.down.reason, touched }
  const back = await goBack(work, { before, after, up })
  return { ...back, faults: [...faults, ...back.faults], unproved, touched }
}

function findRefusal(error: MigratorError): Pick<Tried, 'refused'> {
  const said = findPostgresError(error)
  if (!said) return {}
  const { message, sqlstate, internalQuery, where = '' } = said
  const isMade = internalQuery !== undefined || where.includes('at EXECUTE')
  const isOfNames = isMade && sqlstate.startsWith('42')
  return { refused: { message, isOfRows: OF_ROWS.test(sqlstate), isOfNames } }
}

/** More rows than one, values, keys, and what a function raises. */
const OF_ROWS = /^(21|22|23|P0)/

async function askAgain({ stage, candidate, copy }: Cycle, before: Answers): Promise<Fault[]> {
  if (!stage.releases) return []
  const { phase } = candidate.migration
  const after = await askRelease(copy, phase, stage.releases, before)
  return judgeReleases(phase, stage.releases, before, after)
}

const RECORDED = {
  step: 'up',
  says: 'the recorded schema',
  advice:
    'Either the migration does something else each time it runs, or what is recorded of it is not what it does.',
  next: [{ command: 'hash', options: { scratchUrl: 'URL' }, why: 'To record what it does now' }],
} as const

const UNRECORDED: Unproved = {
  object: 'schema',
  reason: 'its compiled file does not record what it changes in the schema',
  next: [{ command: 'hash', options: { scratchUrl: 'URL' }, why: 'To record it' }],
}

interface Gone {
  readonly before: Snapshot
  readonly after: Snapshot
  readonly up: Watched
}

/** Down, and up again where that has worked. */
async function goBack(
  work: Cycle,
  { before, after, up }: Gone,
): Promise<Pick<Tried, 'faults' | 'notRestored' | 'refused'>> {
  const { stage, candidate } = work
  const { migration } = candidate
  const down = watchIn('down', work)
  const failed = await go(work, 'down', down)
  if (failed)
    return { faults: [toFault(failed, work, 'down')], notRestored: [], ...findRefusal(failed) }
  const back = await look(work)
  const forgotten = findForgotten(migration, up.said, down.said)
  const differences = diffBesidesPartitions(back.catalog, before.catalog)
  const faults = [
    ...judgeSchema(
      differences.filter((one) => !isLeft(one)),
      BEFORE,
    ),
    ...judgeReturn(before, back, { step: 'down', forgotten, advice: MIRROR }),
    ...down.faults,
    ...(await runDataTest(stage, work.copy, migration.name, 'back')),
  ]
  const left = differences.filter(isLeft).map(({ identity }) => `(it leaves) extension ${identity}`)
  const notRestored = [...describeForgotten(forgotten, before.tables), ...left]
  // After a way back that was wrong, up meets what it has left.
  if (faults.length > 0) return { faults, notRestored }
  return { faults: await goAgain(work, after), notRestored }
}

async function goAgain(work: Cycle, after: Snapshot): Promise<Fault[]> {
  const failed = await go(work, 'up', watchIn('up', work))
  if (failed) return [toFault(failed, work, 'up again')]
  const again = await look(work)
  return [
    ...judgeSchema(diffBesidesPartitions(again.catalog, after.catalog), AFTER),
    ...judgeReturn(after, again, { step: 'up again', forgotten: new Map(), advice: AGAIN }),
  ]
}

/** An extension is the whole database's: other objects may use it by then. */
function isLeft({ kind, what }: Difference): boolean {
  return kind === 'extension' && what === 'extra'
}

const MIRROR = 'Write down as the mirror of up; keepRows keeps what up deletes or overwrites.'
const AGAIN = 'What up makes must not depend on whether it has run before.'
const BEFORE = {
  step: 'down',
  says: 'the schema before up',
  advice: 'Write down as the mirror of up.',
} as const
const AFTER = { step: 'up again', says: 'the schema after the first up', advice: AGAIN } as const

function watchIn(direction: Direction, { candidate, copy }: Cycle): Watched {
  return watch(candidate.migration, direction, copy)
}

function look({ stage, copy }: Cycle): Promise<Snapshot> {
  return withConnection(copy, (client) => takeSnapshot(client, stage.ledger))
}

/** Returns the error where it does not run. */
async function go(
  { stage, candidate, copy }: Cycle,
  direction: Direction,
  { witness, end }: Watched,
): Promise<MigratorError | undefined> {
  const target = direction === 'up' ? candidate.migration.name : candidate.previous
  const request = { direction, target, witness, yes: true, drift: 'ignore' } as const
  try {
    await run(stage.project, copy, request)
    return undefined
  } catch (error) {
    if (error instanceof MigratorError) return error
    throw error
  } finally {
    await end()
  }
}

function toFault({ message, next }: MigratorError, { candidate }: Cycle, step: Step): Fault {
  return {
    step,
    cause: 'does-not-run',
    object: candidate.migration.name,
    said: 'it runs on tables with rows',
    happened: message,
    advice: step === 'up' ? RUNS : RUNS_BACK,
    ...(next.length > 0 && { next }),
  }
}

const RUNS_BACK =
  'down has to leave all that up needs, and to run on the rows that are there by then.'

const RUNS =
  'Change the rows first, in the migration or in one before it, so that the statement holds for all of them.'

/** Tables that it changes and that have no rows. */
function findEmpty({ tables }: Snapshot, { touched }: Watched, unfilled: Unfilled): Unproved[] {
  const filled = new Set(tables.filter(({ rows }) => rows.length > 0).map(({ root }) => root))
  return tables
    .filter(({ name, root }) => touched.has(name) && !filled.has(root))
    .map(({ name: object }) => ({
      object,
      reason: `it has no rows: ${unfilled.get(object) ?? NONE}`,
    }))
}

const NONE = 'none were put in'
