import type { DatabaseState, LedgerRow } from '../database-state.ts'
import type { Direction } from '../migration.ts'
import { failure } from '../errors/index.ts'
import { BEGAN_WITH_IT, unfold } from '../plan/squashes.ts'
import type { Target } from '../plan/targets.ts'
import { listEntries, type Manifest, type ManifestEntry } from './manifest.ts'
import type { OpenProject } from './project.ts'

/** The migrations that a database goes by, and its state in their names. */
export interface Chain {
  readonly opened: OpenProject
  readonly state: DatabaseState
}

/**
 * The chain of one database: squashes, or what they stand for. On the way back a squash that was recorded in the place of
 * its parts is those again, and so it is for a build that does not know it. Pure.
 */
export function chainOf(opened: OpenProject, found: DatabaseState, direction: Direction): Chain {
  const { migrations, squashed = [] } = opened.manifest
  const all = listEntries(opened.manifest)
  if (found.squashed.size === 0 && !all.some(({ replaces }) => replaces))
    return { opened, state: found }
  const isBack = direction === 'down'
  const known = new Set(all.map(({ name }) => name))
  const openUp = (row: LedgerRow): LedgerRow[] => {
    const parts = isBack || !known.has(row.name) ? found.squashed.get(row.name) : undefined
    return parts?.flatMap(({ name }) => openUp({ ...row, name })) ?? [row]
  }
  const state = { ...found, ledger: found.ledger.flatMap(openUp) }
  return { opened: withMigrations(opened, unfold(migrations, squashed, state, isBack)), state }
}

/** With these of all migrations in their order; the others are set aside. */
function withMigrations(opened: OpenProject, migrations: readonly ManifestEntry[]): OpenProject {
  const whole = opened.manifest.whole ?? opened.manifest
  const names = new Set(migrations.map(({ name }) => name))
  const squashed = listEntries(whole).filter(({ name }) => !names.has(name))
  return { ...opened, manifest: { ...whole, migrations, squashed, whole } }
}

/** The chain with the parts of every squash in its place, as far as their files are there. Pure. */
export function partsChain(opened: OpenProject): OpenProject {
  const whole = opened.manifest.whole ?? opened.manifest
  const { squashed = [] } = whole
  if (squashed.length === 0) return opened
  const byName = new Map(squashed.map((one) => [one.name, one]))
  const toParts = (one: ManifestEntry): ManifestEntry[] => {
    const { replaces = [] } = one
    const parts = replaces.flatMap(({ name }) => byName.get(name) ?? [])
    return parts.length === 0 || parts.length < replaces.length ? [one] : parts.flatMap(toParts)
  }
  return withMigrations(opened, whole.migrations.flatMap(toParts))
}

/** The rows of a ledger with those of its parts in the place of each squash that a chain has the parts of. Pure. */
export function partsInLedger({ manifest }: OpenProject, state: DatabaseState): DatabaseState {
  const squashes = new Map(manifest.squashed?.map(({ name, replaces = [] }) => [name, replaces]))
  const openUp = (row: LedgerRow): LedgerRow[] =>
    squashes.get(row.name)?.flatMap(({ name }) => openUp({ ...row, name })) ?? [row]
  return { ...state, ledger: state.ledger.flatMap(openUp) }
}

/**
 * A target by the names of one chain: a squash that is no part of it means the last of what it stands for.
 * Throws IRREVERSIBLE where a way back would end within a squash.
 */
export function targetIn(manifest: Manifest, target: Target, direction: Direction = 'up'): Target {
  const { migrations, squashed = [] } = manifest
  const last = squashed.find(({ name }) => name === target)?.replaces?.at(-1)?.name
  if (last !== undefined) return targetIn(manifest, last, direction)
  const holds = ({ replaces = [] }: Pick<ManifestEntry, 'replaces'>): boolean =>
    replaces.some(
      ({ name }) => name === target || holds(squashed.find((one) => one.name === name) ?? {}),
    )
  const around = migrations.find(holds)
  if (direction === 'up' || !around) return target
  throw failure('IRREVERSIBLE', { name: around.name, reason: BEGAN_WITH_IT })
}
