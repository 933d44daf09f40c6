import type { Action } from './action.ts'
import { DDL } from './ddl.ts'
import { DML } from './dml.ts'
import { FILLED } from './filled.ts'
import { REMADE } from './remade.ts'
import { ROUNDABOUT } from './roundabout.ts'
import type { Random } from '../../rows/random.ts'
const ACTIONS = [...DDL, ...REMADE, ...DML, ...ROUNDABOUT, ...FILLED]

/** The kinds of statement, and how often each is taken. */
export function chooseAction(random: Random): readonly [kind: string, make: Action] {
  const all = ACTIONS
  let at = random.next() * all.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [kind, weight, make] of all) {
    at -= weight
    if (at < 0) return [kind, make]
  }
  throw new Error('There are no actions.')
}

export const KINDS: readonly string[] = ACTIONS.map(([kind]) => kind)
