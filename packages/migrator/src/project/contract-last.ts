import type { Migration } from '../migration.ts'
import { listStatements } from '../plan/progress.ts'
import { findNamed, findOverlaps } from './overlaps.ts'
import type { Footprint } from './touched.ts'

/** A migration of this branch, with the phase that rules, and what it touches. */
export interface Judged {
  readonly migration: Pick<Migration, 'phase' | 'up'>
  readonly footprint: Footprint
}

/**
 * The same migrations, those that the previous release does not survive behind the others, so that a deployment can apply
 * everything else first. One stays before another that is in its way, and before code, of which nobody knows what it
 * relies on. Pure.
 */
export function placeContractLast<One extends Judged>(all: readonly One[]): One[] {
  const placed: One[] = []
  let waiting: One[] = []
  for (const one of all) {
    if (one.migration.phase === 'contract') {
      waiting.push(one)
      continue
    }
    const last = waiting.findLastIndex((contract) => isInTheWay(contract, one))
    placed.push(...waiting.slice(0, last + 1), one)
    waiting = waiting.slice(last + 1)
  }
  return [...placed, ...waiting]
}

function isInTheWay(one: Judged, other: Judged): boolean {
  return findShared(one, other).length > 0
}

/** The objects by which one is in the other's way, whichever runs first; of code nobody knows, so it is all of them. */
export function findShared(one: Judged, other: Judged): string[] {
  const isUnknown = [one, other].some(({ migration }) => migration.up.kind !== 'sql')
  if (isUnknown) return ['what its code does']
  const overlaps = findOverlaps(one.footprint, other.footprint)
  return overlaps.length > 0 ? overlaps : [...findFilled(one, other), ...findFilled(other, one)]
}

/**
 * The tables that one of them fills with rows, where the other names them: it may rely on each of the rows. And what the
 * other changes of all that the rows are made with, a function for one: they are to be those of its place in the chain.
 */
function findFilled({ migration, footprint }: Judged, other: Judged): string[] {
  const tables = listStatements(migration.up).flatMap(({ backfill }) => backfill?.table ?? [])
  if (tables.length === 0) return []
  const filled = tables.filter((table) => other.footprint.words.some((all) => all.has(table)))
  const changed = findNamed(other.footprint, footprint)
  return [...filled.map((table) => `the rows of ${table}`), ...changed]
}
