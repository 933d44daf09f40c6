import type { KnownMigration } from './known-migration.ts'
import type { DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import { isHalfDone } from './progress.ts'

/**
 * The squashes that a database has applied under the names of their parts, and not under their own. Pure.
 * Throws SQUASH_PARTIAL where it has applied only some parts, APPLIED_EDITED where one of another text.
 */
export function squashesIn<T extends KnownMigration>(
  known: readonly T[],
  state: Pick<DatabaseState, 'ledger' | 'completed'>,
): T[] {
  const applied = new Set(state.ledger.map(({ name }) => name))
  return known.filter(({ name, replaces = [] }) => {
    const present = replaces.filter((part) => applied.has(part.name))
    if (present.length === 0 || applied.has(name)) return false
    const missing = replaces.filter((part) => !applied.has(part.name))
    if (missing.length > 0) {
      throw failure('SQUASH_PARTIAL', { name, missing: missing.map((part) => part.name) })
    }
    refuseEdited(replaces, state)
    return true
  })
}

function refuseEdited(
  parts: NonNullable<KnownMigration['replaces']>,
  { completed }: Pick<DatabaseState, 'completed'>,
): void {
  for (const { name, checksum: found } of parts) {
    const last = completed.get(name)
    if (last?.direction !== 'up' || last.checksum === null || last.checksum === found) continue
    throw failure('APPLIED_EDITED', { name, applied: last.checksum, found })
  }
}

/** Why a squash that has run as one has no `down`. */
export const BEGAN_WITH_IT =
  'this database began with this squash, and has never had its parts one by one'

/** The squashes of which a database has all parts, whole, and that it has not recorded. Pure. */
export function completedSquashes<T extends KnownMigration>(
  known: readonly T[],
  state: Pick<DatabaseState, 'ledger' | 'unfinished'>,
): T[] {
  const applied = new Set(state.ledger.map(({ name }) => name))
  const isWhole = ({ name }: { readonly name: string }) =>
    applied.has(name) && !isHalfDone(state.unfinished.get(name))
  return known.filter(({ name, replaces }) => !applied.has(name) && replaces?.every(isWhole))
}

/**
 * The recorded squashes that a way back through these migrations goes into, outer ones first: a part may be one itself.
 * Pure.
 */
export function squashesOn(
  names: readonly string[],
  { squashed }: Pick<DatabaseState, 'squashed'>,
): string[] {
  const within = new Set([...squashed.values()].flat().map(({ name }) => name))
  const leadsThere = (name: string): boolean =>
    names.includes(name) || partsOf(name).some((part) => leadsThere(part))
  const partsOf = (name: string) => (squashed.get(name) ?? []).map((part) => part.name)
  const open = (name: string): string[] =>
    squashed.has(name) && leadsThere(name) ? [name, ...partsOf(name).flatMap(open)] : []
  return [...squashed.keys()].filter((name) => !within.has(name)).flatMap(open)
}

/** What a database has of migrations, as far as it decides between a squash and its parts. */
type Applied = Pick<DatabaseState, 'ledger' | 'unfinished' | 'archived'>

/**
 * The migrations of a database in order: a squash, or, where the database has begun with its parts, or waits with rows for
 * them, those. Where all of them are applied it is the squash again, except on the way back (`isBack`), which goes through
 * them. `squashed` are the migrations that are no part of `chain` everywhere else. Pure.
 */
export function unfold<T extends Pick<KnownMigration, 'name' | 'replaces'>>(
  chain: readonly T[],
  squashed: readonly T[],
  applied: Applied,
  isBack: boolean,
): T[] {
  const byName = new Map(squashed.map((one) => [one.name, one]))
  const ledger = new Set(applied.ledger.map(({ name }) => name))
  const isWhole = (name: string) => ledger.has(name) && !isHalfDone(applied.unfinished.get(name))
  const isBegun = (name: string): boolean => {
    const open = applied.unfinished.get(name)
    const isOpen = isHalfDone(open) || open?.at(-1)?.event === 'started'
    if (ledger.has(name) || isOpen || applied.archived.includes(name)) return true
    return byName.get(name)?.replaces?.some((part) => isBegun(part.name)) ?? false
  }
  const unfoldOne = (one: T): T[] => {
    const { name, replaces = [] } = one
    if (ledger.has(name) || isHalfDone(applied.unfinished.get(name))) return [one]
    if (!replaces.some((part) => isBegun(part.name))) return [one]
    const parts = replaces.flatMap((part) => byName.get(part.name) ?? [])
    // Without the files of the others only the journal knows those that are applied.
    if (isBack) return parts.flatMap(unfoldOne)
    const isRecordable = replaces.every((part) => isWhole(part.name))
    return isRecordable || parts.length < replaces.length ? [one] : parts.flatMap(unfoldOne)
  }
  return chain.flatMap(unfoldOne)
}
