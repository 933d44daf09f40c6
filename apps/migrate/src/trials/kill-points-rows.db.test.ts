import { onEveryMajor, inTurn } from '@techfacts/postgres/testing'
import { stoppingsOf, testAlike, testStopped, testUndisturbed } from './kill-points.ts'
import { PATHS } from './paths.ts'

/** Migrations that take rows away, which the archive keeps and restores. */
const paths = PATHS.filter(({ isReversible }) => isReversible)

testUndisturbed(onEveryMajor ? inTurn(paths) : [])
testAlike(inTurn(paths))
testStopped(inTurn(stoppingsOf(paths)))
