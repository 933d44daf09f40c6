import { failure } from '../errors/index.ts'
import type { Direction } from '../migration.ts'

/**
 * Where to go: a name, the unique beginning of one, `+N`, `-N`, `base` or `head`; or a function that chooses once it is
 * known which migrations there are and which are applied.
 */
export type Target = string | ((at: Omit<TargetQuestion, 'target' | 'direction'>) => string)

export interface TargetQuestion {
  /** A name, the unique beginning of one, `+N`, `-N`, `base` or `head`. */
  readonly target: string
  readonly direction: Direction
  /** All migrations, in order. */
  readonly names: readonly string[]
  /** Those that are applied: a beginning of `names`. */
  readonly applied: readonly string[]
}

/**
 * The names to run for a target, in the order to run them. Going `up` includes the target; going `down`
 * stops at it: the target stays applied. Empty where the database is there already.
 * Throws TARGET_UNKNOWN, TARGET_AMBIGUOUS, TARGET_BACKWARD, TARGET_TOO_FAR.
 */
export function namesToRun(question: TargetQuestion): string[] {
  const { direction, names, applied, target } = question
  const goal = findGoal(question)
  const here = applied.length
  if (direction === 'up' ? goal < here : goal > here) {
    throw failure('TARGET_BACKWARD', { target, direction })
  }
  return direction === 'up' ? names.slice(here, goal) : names.slice(goal, here).toReversed()
}

/** How many migrations are applied once the target is reached. */
function findGoal({ target, direction, names, applied }: TargetQuestion): number {
  if (target === 'base') return 0
  if (target === 'head') return names.length
  if (/^[+-]\d+$/.test(target))
    return stepsAway(Number(target), direction, names, applied.length, target)
  return names.indexOf(findName(target, names, ANY_FORM)) + 1
}

const ANY_FORM = 'Use a name, the unique beginning of one, +N, -N, base or head.'

/** The migration of that name, or whose name alone begins so. Throws TARGET_UNKNOWN, TARGET_AMBIGUOUS. */
export function findName(
  target: string,
  names: readonly string[],
  advice = 'Use a name, or the unique beginning of one.',
): string {
  if (names.includes(target)) return target
  const matches = names.filter((name) => target !== '' && isBeginning(target, name))
  if (matches.length > 1) throw failure('TARGET_AMBIGUOUS', { target, matches })
  const [match] = matches
  if (match === undefined) throw failure('TARGET_UNKNOWN', { target, known: names, advice })
  return match
}

/** `Migration20260101120000_jobs` may also be called `20260101120000`. */
function isBeginning(target: string, name: string): boolean {
  return (
    name.startsWith(target) || (/^\d/.test(target) && name.replace(/^\D+/, '').startsWith(target))
  )
}

function stepsAway(
  steps: number,
  direction: Direction,
  names: readonly string[],
  here: number,
  target: string,
): number {
  const goal = here + steps
  if (steps > 0 !== (direction === 'up') && steps !== 0) {
    throw failure('TARGET_BACKWARD', { target, direction })
  }
  const most = direction === 'down' ? here : names.length - here
  if (Math.abs(steps) > most) throw failure('TARGET_TOO_FAR', { target, direction, most })
  return goal
}
