import { failure } from '../errors/index.ts'
import type { Backfill, Body, Direction, Migration, Statement } from '../migration.ts'
import { WORK_EVENTS, type OpenEntry } from '../database-state.ts'
import { pairUndo } from './undo.ts'

/** How far an unfinished migration has come, according to its journal. */
export interface Progress {
  /** Positions of `up` whose effect is in the database. */
  readonly standing: ReadonlySet<number>
  /** Positions of `down` that have run since. */
  readonly reverted: ReadonlySet<number>
}

const PART_OF_THE_WORK: ReadonlySet<string> = new Set(WORK_EVENTS)

/** True where a part of the migration is applied or reverted, and not all of it. */
export function isHalfDone(entries: readonly OpenEntry[] | undefined): boolean {
  return (entries ?? []).some((entry) => PART_OF_THE_WORK.has(entry.event))
}

/**
 * True where these statements of a migration have taken something away from the release of the application before. What
 * fills, checks or builds takes nothing, nor does what drops an index or a constraint. What code has done nobody knows.
 */
export function hasTakenAway(
  { up }: Pick<Migration, 'up'>,
  isDone: (position: number) => boolean,
): boolean {
  if (up.kind !== 'sql') return true
  return up.statements.some((one, position) => isDone(position) && takesAway(one))
}

function takesAway({ completion, dataLosses, effects, renames }: Statement): boolean {
  if (completion?.probe === 'repeatable') return false
  const isGone = effects.some(({ key, change }) => change === 'removes' && !SPARED.test(key))
  return dataLosses.length > 0 || renames !== undefined || isGone
}

const SPARED = /^(?:index|constraint of|not null of) /

/** Where the statements of segments, or of entries about them, stand in their migration. */
export function positionsIn(
  parts: readonly { readonly statements: readonly { readonly position: number }[] }[],
): ReadonlySet<number> {
  return new Set(parts.flatMap(({ statements }) => statements.map(({ position }) => position)))
}

/** True where what is done of a half-done migration has taken something away, or is partly reverted. */
export function isPastReturn(
  migration: Pick<Migration, 'up'>,
  entries: readonly OpenEntry[] = [],
): boolean {
  const done = entries.filter(({ event }) => PART_OF_THE_WORK.has(event))
  const positions = positionsIn(done)
  const isReverted = done.some(({ direction }) => direction === 'down')
  return (
    done.length > 0 &&
    (isReverted || hasTakenAway(migration, (position) => positions.has(position)))
  )
}

/**
 * The positions of `direction` that are still to run, in order.
 *
 * Throws PREFIX_EDITED where a statement that has run is not what the file says now, UNDO_UNCLEAR and
 * HALF_REVERTED where a half-done migration is to go the other way and its texts do not say how.
 */
export function remaining(
  migration: Migration,
  direction: Direction,
  applied: boolean,
  entries: readonly OpenEntry[] = [],
): number[] {
  const up = listStatements(migration.up)
  const down = listStatements(migration.down)
  verifyDone(migration, entries)
  const progress = readProgress(up, down, applied, entries)
  if (direction === 'up') return remainingUp(migration.name, up, down, progress)
  const positions = [...down.keys()].filter((position) => !progress.reverted.has(position))
  return applied ? positions : undoOfHalf(migration.name, up, down, progress)
}

export function listStatements(body: Body): readonly Statement[] {
  return body.kind === 'sql' ? body.statements : []
}

/** What statements change in batches; undefined of any others. */
export function findBackfill(statements: readonly Statement[]): Backfill | undefined {
  return statements.find(({ backfill }) => backfill !== undefined)?.backfill
}

/** True of a migration whose rows are changed in batches. */
export function isBackfill({ up }: Pick<Migration, 'up'>): boolean {
  return findBackfill(listStatements(up)) !== undefined
}

function verifyDone(migration: Migration, entries: readonly OpenEntry[]): void {
  for (const entry of entries) {
    if (!PART_OF_THE_WORK.has(entry.event)) continue
    const now = listStatements(entry.direction === 'up' ? migration.up : migration.down)
    for (const { position, checksum } of entry.statements) {
      if (now[position]?.checksum !== checksum) {
        throw failure('PREFIX_EDITED', { name: migration.name, statement: position + 1 })
      }
    }
  }
}

function readProgress(
  up: readonly Statement[],
  down: readonly Statement[],
  applied: boolean,
  entries: readonly OpenEntry[],
): Progress {
  const { undoneBy } = pairUndo(up, down)
  const standing = new Set<number>(applied ? up.keys() : [])
  const reverted = new Set<number>()
  for (const entry of entries.filter(({ event }) => PART_OF_THE_WORK.has(event))) {
    for (const { position } of entry.statements) {
      if (entry.direction === 'down') {
        reverted.add(position)
        for (const [made, undoers] of undoneBy)
          if (undoers.includes(position)) standing.delete(made)
      } else {
        standing.add(position)
        for (const undoer of undoneBy.get(position) ?? []) reverted.delete(undoer)
      }
    }
  }
  return { standing, reverted }
}

function remainingUp(
  name: string,
  up: readonly Statement[],
  down: readonly Statement[],
  { standing, reverted }: Progress,
): number[] {
  const { undoneBy } = pairUndo(up, down)
  const explained = new Set([...undoneBy.values()].flat())
  const unexplained = [...reverted].find((position) => !explained.has(position))
  if (unexplained !== undefined) {
    throw failure('HALF_REVERTED', { name, statement: down[unexplained]?.sql ?? '' })
  }
  return [...up.keys()].filter((position) => !standing.has(position))
}

/** Just those statements of `down` that undo what stands of `up`. */
function undoOfHalf(
  name: string,
  up: readonly Statement[],
  down: readonly Statement[],
  { standing, reverted }: Progress,
): number[] {
  const { undoneBy, unclear } = pairUndo(up, down)
  const needed = new Set<number>()
  for (const position of standing) {
    if (unclear.has(position))
      throw failure('UNDO_UNCLEAR', { name, statement: up[position]?.sql ?? '' })
    for (const undoer of undoneBy.get(position) ?? []) needed.add(undoer)
  }
  for (const undoer of needed) {
    const undoes = [...undoneBy]
      .filter(([, undoers]) => undoers.includes(undoer))
      .map(([position]) => position)
    if (undoes.some((position) => !standing.has(position))) {
      throw failure('UNDO_UNCLEAR', { name, statement: down[undoer]?.sql ?? '' })
    }
  }
  return [...needed].filter((position) => !reverted.has(position)).toSorted((a, b) => a - b)
}
