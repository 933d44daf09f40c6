import { failure } from '../errors/index.ts'
import { findName } from '../plan/targets.ts'
import { readReleased } from '../project/manifest-file.ts'

/** Which migrations to verify: a name, `from..to`, or those that a revision of version control does not have. */
export type Choice =
  | { readonly which: string }
  | { readonly manifestPath: string; readonly released: string | undefined }

/**
 * The chosen ones of these names, in order. `released`: the text of the revision's manifest.
 * Throws TARGET_UNKNOWN, TARGET_AMBIGUOUS, PROJECT_INVALID, MANIFEST_BROKEN.
 */
export function chooseMigrations(names: readonly string[], choice: Choice): readonly string[] {
  if ('which' in choice) return inRange(names, choice.which)
  const { manifestPath, released } = choice
  if (released === undefined) return names
  const known = new Set(readReleased(manifestPath, released).migrations.map(({ name }) => name))
  return names.filter((name) => !known.has(name))
}

/** Both ends are meant; where one is left out, it is the first or the last migration. */
function inRange(names: readonly string[], which: string): readonly string[] {
  const [from = '', to = from] = which.split('..')
  const first = from === '' ? 0 : names.indexOf(findName(from, names))
  const last = to === '' ? names.length - 1 : names.indexOf(findName(to, names))
  if (last < first) throw failure('PROJECT_INVALID', { reason: `${from} comes after ${to}.` })
  return names.slice(first, last + 1)
}
