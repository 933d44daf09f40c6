import type { Statement } from '../migration.ts'

/** Which statements of the other direction undo each statement, as far as their texts say so. */
export interface Undo {
  /** Position of a statement → positions of those that undo it. Empty: nothing there undoes it. */
  readonly undoneBy: ReadonlyMap<number, readonly number[]>
  /** Positions whose undoing cannot be told apart from the undoing of others. */
  readonly unclear: ReadonlySet<number>
}

/**
 * Pairs `script` with `reverse`, so that a half-applied script can be reverted by parts of `reverse`.
 *
 * First by object: what makes `index i` is undone by what removes it. What names no object (an UPDATE) is
 * paired by position, if `reverse` is the mirror of `script`, statement by statement.
 */
export function pairUndo(script: readonly Statement[], reverse: readonly Statement[]): Undo {
  const undoneBy = new Map(
    script.map((statement, position) => [position, byObject(statement, reverse)]),
  )
  const paired = new Set([...undoneBy.values()].flat())
  const mirrored = isMirror(undoneBy, script.length, reverse.length)
  const unclear = new Set<number>()
  for (const [position, statement] of script.entries()) {
    if (undoneBy.get(position)?.length || needsNoUndo(statement)) continue
    const mirror = script.length - 1 - position
    if (mirrored && !paired.has(mirror)) undoneBy.set(position, [mirror])
    else if (
      isConsumed(statement, script) ||
      (isNameless(statement) && paired.size < reverse.length)
    ) {
      unclear.add(position)
    }
  }
  return { undoneBy, unclear }
}

function byObject(statement: Statement, reverse: readonly Statement[]): number[] {
  return [...reverse.entries()]
    .filter(([, other]) =>
      other.effects.some((effect) => statement.effects.some(isInverse(effect))),
    )
    .map(([position]) => position)
}

function isInverse(effect: Statement['effects'][number]) {
  return (other: Statement['effects'][number]): boolean =>
    other.key === effect.key && other.change !== effect.change
}

function isMirror(
  pairs: ReadonlyMap<number, readonly number[]>,
  length: number,
  other: number,
): boolean {
  return (
    length === other &&
    [...pairs].every(([position, found]) => found.every((back) => back === length - 1 - position))
  )
}

/** A validation, a setting and a VACUUM leave nothing that would have to be reverted. */
function needsNoUndo(statement: Statement): boolean {
  return (
    statement.boundary === 'own' ||
    statement.isSet ||
    statement.completion?.probe === 'repeatable' ||
    statement.completion?.probe === 'reindexed'
  )
}

function isNameless(statement: Statement): boolean {
  return statement.effects.length === 0
}

/** Made here and used up by a later statement of the same script (an index that becomes a constraint). */
function isConsumed(statement: Statement, script: readonly Statement[]): boolean {
  return script.some((other) =>
    other.effects.some((effect) => statement.effects.some(isInverse(effect))),
  )
}
