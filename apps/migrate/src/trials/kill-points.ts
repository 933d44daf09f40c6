import { createTestDatabase, isSoak, startCrashServer } from '@techfacts/postgres/testing'
import { randomFrom, sample } from '@techfacts/trials'
import { afterAll, expect, inject, test } from 'vitest'
import { COUNTERS, withClient } from './chain.ts'
import { goBack, goOn } from './judge.ts'
import { readLeft } from './left-state.ts'
import type { Path } from './paths.ts'
import {
  momentsOfEachState,
  removeCrashServers,
  startTrial,
  stopAtEach,
  type How,
  type Trial,
} from './trial.ts'

/** In `test` a sample, which its seed brings back; in `soak` each place of a conversation. */
const seed = Number(process.env.TRIAL_SEED ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
const major = inject('postgresMajor')
// Undefined where the server was given by TEST_DATABASE_URL.
const server = `PostgreSQL ${major ?? 'as given'}`
const SAMPLE = { sever: 3, cut: 2, kill: 1, crash: 2 } as const
/** So many of the moments at which one state is left have a killed process and a crashed server, too. */
const OF_EACH_STATE = 5
const TIMEOUT_MS = 6 * 3_600_000

afterAll(removeCrashServers)

const trials = new Map<Path, Promise<Trial>>()

function trialOf(path: Path): Promise<Trial> {
  const trial = trials.get(path) ?? startTrial(path, random)
  trials.set(path, trial)
  return trial
}

function momentsFor(trial: Trial, how: How): number[] {
  const all = [...trial.moments.keys()]
  if (!isSoak) return sample(all, SAMPLE[how], random)
  return how === 'sever' || how === 'cut' ? all : momentsOfEachState(trial, OF_EACH_STATE, random)
}

const HOWS: readonly (readonly [How, string])[] = [
  ['sever', 'the next run completes it, or takes it back whole'],
  ['cut', 'it comes to its end, each step once'],
  ['kill', 'the next run completes it, each step once'],
  ['crash', 'it comes to its end on the server that has recovered, each step once'],
]

/** A path, and one way of stopping it. */
export interface Stopping {
  readonly path: Path
  readonly name: string
  readonly how: How
  /** What is said to come of it. */
  readonly end: string
}

export function stoppingsOf(paths: readonly Path[]): Stopping[] {
  return paths.flatMap((path) => HOWS.map(([how, end]) => ({ path, name: path.name, how, end })))
}

/** Defines the tests of paths that nothing disturbs. */
export function testUndisturbed(paths: readonly Path[]): void {
  test.each(paths)(
    '$name, undisturbed: each statement counts once, and the way back leads to what was there',
    async (path) => {
      const { whole } = await trialOf(path)
      expect(whole.counts).toEqual(path.isReversible ? [] : COUNTERS.map(() => 1))
      await using database = await createTestDatabase(path)
      expect(await goOn(path, whole, database.url)).toEqual([])
      expect(await goBack(path, whole, database.url)).toEqual([])
    },
  )
}

/** Else each stop would count as a state of its own. On a server of its own: what else is open there is journalled, too. */
export function testAlike(paths: readonly Path[]): void {
  test.runIf(isSoak).each(paths)('$name leaves the same each time', async (path) => {
    await using server = await startCrashServer()
    const leave = async () => {
      await using database = await server.createDatabase(path)
      await path.run(database.url)
      return await withClient(database.url, readLeft)
    }
    expect(await leave()).toBe(await leave())
  })
}

/** Defines the tests of paths that are stopped at any moment. */
export function testStopped(stoppings: readonly Stopping[]): void {
  test.each(stoppings)(
    '$name, $how at any moment: $end',
    { timeout: TIMEOUT_MS, tags: 'long' },
    async ({ path, how }) => {
      const trial = await trialOf(path)
      expect(await stopAtEach(trial, how, momentsFor(trial, how), say)).toEqual([])
    },
  )
}

function say(line: string): void {
  console.log(`${server}, ${line}, TRIAL_SEED=${seed}`)
}
