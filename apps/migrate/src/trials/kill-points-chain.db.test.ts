import { briefly, inTurn } from '@techfacts/postgres/testing'
import { stoppingsOf, testAlike, testStopped, testUndisturbed } from './kill-points.ts'
import { PATHS } from './paths.ts'

/** A chain of all kinds of statements, some of which run outside of any transaction. */
const paths = PATHS.filter(({ isReversible }) => !isReversible)

testUndisturbed(briefly(inTurn(paths)))
testAlike(inTurn(paths))
testStopped(inTurn(stoppingsOf(paths)))
