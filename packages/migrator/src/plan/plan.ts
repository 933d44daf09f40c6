import { failure } from '../errors/index.ts'
import type { Direction, Migration, Statement } from '../migration.ts'
import type { DatabaseState, OpenEntry } from '../database-state.ts'
import { verifyLedger } from './integrity.ts'
import { standsFor } from './known-migration.ts'
import { isHalfDone, listStatements, remaining } from './progress.ts'
import { cutSegments, type Segment } from './segments.ts'
import { namesToRun, type Target } from './targets.ts'

/** What a run would do, in order: data, and nothing else. */
export interface Plan {
  readonly direction: Direction
  readonly migrations: readonly PlannedMigration[]
}

export interface PlannedMigration {
  readonly migration: Migration
  /** True where it goes on from where an earlier run stopped. */
  readonly resumes: boolean
  readonly segments: readonly Segment[]
  /** What the last try took beyond what was confirmed, so that it was rolled back. */
  readonly exceeded?: Exceeded
}

export interface Exceeded {
  readonly object: string
  readonly rows: number
}

/**
 * The names that a target asks for, in the order to run them, from names alone. A half-done migration
 * counts as the next in either direction: `up` completes it, `down` reverts what is done of it.
 * Throws TARGET_UNKNOWN, TARGET_AMBIGUOUS, TARGET_BACKWARD.
 */
export function plannedNames(
  all: readonly string[],
  applied: readonly string[],
  state: Pick<DatabaseState, 'unfinished'>,
  { direction, target }: { readonly direction: Direction; readonly target: Target },
): string[] {
  const isHalf = (name: string | undefined) =>
    name !== undefined && isHalfDone(state.unfinished.get(name))
  const names = inLine(all, applied, state)
  const next = names[applied.length]
  const last = applied.at(-1)
  const here =
    direction === 'down' && isHalf(next) && next !== undefined
      ? [...applied, next]
      : direction === 'up' && isHalf(last)
        ? applied.slice(0, -1)
        : applied
  const goal = typeof target === 'string' ? target : target({ names, applied: here })
  return namesToRun({ target: goal, direction, names, applied: here })
}

/**
 * All names, the applied ones first, as they are wherever nothing is out of order: a way back skips pending migrations
 * before them. Half-done ones follow.
 */
export function inLine(
  all: readonly string[],
  applied: readonly string[],
  { unfinished }: Pick<DatabaseState, 'unfinished'>,
): string[] {
  const done = new Set(applied)
  const rest = all.filter((name) => !done.has(name))
  const isHalf = (name: string) => isHalfDone(unfinished.get(name))
  return [...applied, ...rest.filter(isHalf), ...rest.filter((name) => !isHalf(name))]
}

/**
 * Pure: all migrations × what the database says of itself × where to go → segments.
 * Throws what `verifyLedger` and `plannedNames` throw, IRREVERSIBLE, and what `remaining` throws of
 * half-done migrations.
 */
export function planFor(
  { migrations }: { readonly migrations: readonly { readonly migration: Migration }[] },
  state: DatabaseState,
  request: { readonly direction: Direction; readonly target: Target },
): Plan {
  const known = new Map(migrations.map(({ migration }) => [migration.name, migration]))
  const inOrder = verifyLedger([...known.values()], state)
  const applied = new Set(inOrder)
  const { direction } = request
  const names = plannedNames([...known.keys()], inOrder, state, request)
  const chosen = names.flatMap((name) => known.get(name) ?? [])
  return {
    direction,
    migrations: chosen.map((migration) => {
      const { name } = migration
      const body = migration[direction]
      if (body.kind === 'none') throw failure('IRREVERSIBLE', { name, reason: body.reason })
      const entries = state.unfinished.get(name)
      const positions = remaining(migration, direction, applied.has(name), entries)
      const restores = standsFor(migration).some((one) => state.archived.includes(one))
      const segments = cutSegments(migration, direction, positions, { restores })
      const exceeded = exceededIn(entries, direction)
      return { migration, resumes: isHalfDone(entries), segments, ...(exceeded && { exceeded }) }
    }),
  }
}

function exceededIn(
  entries: readonly OpenEntry[] = [],
  direction: Direction,
): Exceeded | undefined {
  const last = entries.findLast((entry) => entry.event === 'failed')
  if (last?.direction !== direction) return undefined
  return (last.facts as { exceeded?: Exceeded } | null | undefined)?.exceeded
}

/** The statements of each migration in the plan's direction, with those that an earlier run has done. */
export function plannedStatements({ direction, migrations }: Plan): (readonly Statement[])[] {
  return migrations.map(({ migration }) => listStatements(migration[direction]))
}
