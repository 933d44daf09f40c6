import { randomUUID } from 'node:crypto'
import { VERSION } from '../version.ts'

/** Who runs: the same on every row of a run. */
export interface Actor {
  readonly run: string
  readonly toolVersion: string
  /** The commit or image of the caller, where it is known. */
  readonly build?: string
}

/** A run by this version of the migrator. `build` is the caller's own: a commit, the tag of an image. */
export function createActor(build?: string): Actor {
  return { run: randomUUID(), toolVersion: VERSION, ...(build && { build }) }
}
