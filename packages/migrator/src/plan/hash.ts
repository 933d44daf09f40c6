import { failure } from '../errors/index.ts'
import type { Direction, Migration } from '../migration.ts'
import { sha256 } from '../sql/checksum.ts'
import type { Plan, PlannedMigration } from './plan.ts'
import { listStatements } from './progress.ts'
import { cutSegments } from './segments.ts'

/** How many digits of a hash identify it, as in git. */
const SHORTEST = 12

/**
 * SHA-256, in hex, of what a plan would do: direction, names, checksums, and the statements in their segments. It is
 * the same on every machine and for every database that the plan fits. What is done already does not count, so an
 * interrupted run's plan has another hash.
 */
export function planHash({ direction, migrations }: Plan): string {
  return hashContents(direction, migrations.map(describeContent))
}

/** Throws PLAN_DIFFERS where a plan is not the reviewed one; `all` are the migrations to choose from. */
export type Review = (plan: Plan, all: readonly Migration[]) => void

/**
 * Compares what a run is about to do with the hash of the reviewed plan: at first the whole plan, after a lost
 * connection the rest of it. An empty plan does nothing, so it passes. Throws PLAN_HASH_MALFORMED.
 */
export function reviewAgainst(hash: string): Review {
  if (!/^[0-9a-f]+$/.test(hash) || hash.length < SHORTEST) {
    throw failure('PLAN_HASH_MALFORMED', { hash, shortest: SHORTEST })
  }
  let reviewed: string[] | undefined
  return (plan, all) => {
    const names = plan.migrations.map(({ migration }) => migration.name)
    // In the order of the review, but for contract steps that wait and were overtaken since.
    const isReviewed = reviewed
      ? names.length === 0 || (isPart(names, reviewed) && names.at(-1) === reviewed.at(-1))
      : names.length === 0 || planHash(plan).startsWith(hash)
    if (!isReviewed) {
      const difference = explain(hash, plan, all)
      const { direction } = plan
      throw failure('PLAN_DIFFERS', { hash, now: planHash(plan), direction, names, difference })
    }
    reviewed ??= names
  }
}

/** All of the names are in the list, in its order. */
function isPart(names: readonly string[], list: readonly string[]): boolean {
  let from = 0
  return names.every((name) => (from = list.indexOf(name, from) + 1) > 0)
}

/** A hash cannot be read back, but plans that begin or end elsewhere can be hashed and compared with it. */
function explain(hash: string, { direction, migrations }: Plan, all: readonly Migration[]): string {
  const order = direction === 'up' ? all : all.toReversed()
  const names = order.map(({ name }) => name)
  const contents = order.map((migration) => describeContent(whole(migration, direction)))
  const isIt = (from: number, to: number) =>
    hashContents(direction, contents.slice(from, to)).startsWith(hash)
  const first = names.indexOf(migrations[0]?.migration.name ?? '')
  const end = first + migrations.length
  // Only the journal knows it.
  if (first < 0) return 'other migrations'
  if (isIt(first, end)) return `${names[first]} was not half done then`
  const from = names.findIndex((_, position) => position < end && isIt(position, end))
  if (from >= 0) return `that one began with ${names[from]}`
  const last = names.findIndex((_, position) => position >= first && isIt(first, position + 1))
  if (last >= 0) return `that one ended with ${names[last]}`
  return 'other migrations, another text of one, or the other direction'
}

function whole(migration: Migration, direction: Direction): PlannedMigration {
  const positions = [...listStatements(migration[direction]).keys()]
  return { migration, resumes: false, segments: cutSegments(migration, direction, positions) }
}

function describeContent({ migration, segments }: PlannedMigration): unknown {
  const cut = segments.map(({ mode, settings, statements }) => [
    mode,
    settings,
    statements.map(({ position, checksum }) => [position, checksum]),
  ])
  return [migration.name, migration.checksum, cut]
}

function hashContents(direction: Direction, contents: readonly unknown[]): string {
  return sha256(JSON.stringify([direction, contents]))
}
