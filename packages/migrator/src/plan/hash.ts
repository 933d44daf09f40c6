import { failure } from '../errors/index.ts'
import type { Direction, Migration } from '../migration.ts'
import { sha256 } from '../sql/checksum.ts'
import type { Plan, PlannedMigration } from './plan.ts'
import { statementsOf } from './progress.ts'
import { segmentsOf } from './segments.ts'

/** As git: so much of a hash tells it from any other. */
const SHORTEST = 12

/**
 * What a plan would do, as SHA-256 in hex: direction, names, checksums, and the statements in their
 * segments. The same on every machine and for every database that the plan fits. What is done already is
 * no part of it, so the plan of an interrupted run has a hash of its own.
 */
export function planHash({ direction, migrations }: Plan): string {
  return hashOf(direction, migrations.map(contentOf))
}

/** Throws PLAN_DIFFERS where a plan is not the reviewed one; `all` are the migrations to choose from. */
export type Review = (plan: Plan, all: readonly Migration[]) => void

/**
 * Holds what a run is about to do against the hash of the plan that was reviewed: all of it at first; in
 * the sessions after a lost connection, that it is the rest of it. An empty plan does nothing, so it passes.
 * Throws PLAN_HASH_MALFORMED.
 */
export function reviewAgainst(hash: string): Review {
  if (!/^[0-9a-f]+$/.test(hash) || hash.length < SHORTEST) {
    throw failure('PLAN_HASH_MALFORMED', { hash, shortest: SHORTEST })
  }
  let reviewed: string[] | undefined
  return (plan, all) => {
    const names = plan.migrations.map(({ migration }) => migration.name)
    const rest = reviewed?.slice(-names.length)
    const isReviewed = rest
      ? names.every((name, i) => name === rest[i])
      : names.length === 0 || planHash(plan).startsWith(hash)
    if (!isReviewed) {
      const difference = explain(hash, plan, all)
      throw failure('PLAN_DIFFERS', { hash, now: planHash(plan), names, difference })
    }
    reviewed ??= names
  }
}

/** A hash tells nothing by itself, but it can be tried on plans that begin or end elsewhere. */
function explain(hash: string, { direction, migrations }: Plan, all: readonly Migration[]): string {
  const order = direction === 'up' ? all : all.toReversed()
  const names = order.map(({ name }) => name)
  const contents = order.map((migration) => contentOf(whole(migration, direction)))
  const isIt = (from: number, to: number) =>
    hashOf(direction, contents.slice(from, to)).startsWith(hash)
  const first = names.indexOf(migrations[0]?.migration.name ?? '')
  const end = first + migrations.length
  // Known to the journal alone.
  if (first < 0) return 'other migrations'
  if (isIt(first, end)) return `${names[first]} was not half done then`
  const from = names.findIndex((_, position) => position < end && isIt(position, end))
  if (from >= 0) return `that one began with ${names[from]}`
  const last = names.findIndex((_, position) => position >= first && isIt(first, position + 1))
  if (last >= 0) return `that one ended with ${names[last]}`
  return 'other migrations, another text of one, or the other direction'
}

function whole(migration: Migration, direction: Direction): PlannedMigration {
  const positions = [...statementsOf(migration[direction]).keys()]
  return { migration, resumes: false, segments: segmentsOf(migration, direction, positions) }
}

function contentOf({ migration, segments }: PlannedMigration): unknown {
  const cut = segments.map(({ mode, settings, statements }) => [
    mode,
    settings,
    statements.map(({ position, checksum }) => [position, checksum]),
  ])
  return [migration.name, migration.checksum, cut]
}

function hashOf(direction: Direction, contents: readonly unknown[]): string {
  return sha256(JSON.stringify([direction, contents]))
}
