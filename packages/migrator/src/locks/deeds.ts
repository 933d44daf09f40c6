import { LOCK_MODES, LOCK_WORKS, type LockMode, type LockWork } from '../migration.ts'

/** What a statement does to a relation. */
export interface Deed {
  readonly mode?: LockMode | undefined
  readonly work?: LockWork | undefined
}

/** By the name of the relation as PostgreSQL prints it. */
export type Deeds = Map<string, Deed>

/** `AccessExclusiveLock` of pg_locks is `ACCESS EXCLUSIVE` of the documentation. */
export function toLockMode(mode: string): LockMode | undefined {
  const words = mode.replace(/Lock$/, '').replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
  return LOCK_MODES.find((one) => one === words.toUpperCase())
}

/** From 0; -1 of none. */
export function rank(mode: LockMode | undefined): number {
  return mode === undefined ? -1 : LOCK_MODES.indexOf(mode)
}

/** The stronger lock and the heavier work of two deeds. */
export function join(one: Deed | undefined, other: Deed): Deed {
  const mode = rank(one?.mode) > rank(other.mode) ? one?.mode : other.mode
  const work = LOCK_WORKS.findLast((kind) => kind === one?.work || kind === other.work)
  return { ...(mode && { mode }), ...(work && { work }) }
}
