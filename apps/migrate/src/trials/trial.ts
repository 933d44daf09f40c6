import {
  createTestDatabase,
  startCrashServer,
  type CrashServer,
  type Prepare,
  type TestDatabase,
} from '@techfacts/postgres/testing'
import {
  inParallel,
  listMoments,
  oneOfEach,
  sample,
  stopAt,
  type Crashing,
  type Moment,
  type StopPoint,
} from '@techfacts/trials'
import { withClient } from './chain.ts'
import { orphans } from './facts.ts'
import { goBack, goOn, turnBack } from './judge.ts'
import { OncePerState, readLeft } from './left-state.ts'
import { walkUndisturbed, type Path, type Undisturbed } from './paths.ts'

export type How = StopPoint['how']

/** A path with all that is found out about it by stopping it. */
export interface Trial {
  readonly path: Path
  readonly whole: Undisturbed
  /** One moment of each place in the conversation, chosen for this trial. */
  readonly moments: readonly Moment[]
  /** How many there are of all places. */
  readonly all: number
  /** What was left by the severed run of a moment, by its number. */
  readonly left: Map<number, string>
  /** What is wrong when the stopped run goes on, and when it is taken back. */
  readonly next: OncePerState
  readonly back: OncePerState
}

export async function startTrial(path: Path, random: () => number): Promise<Trial> {
  await using database = await createTestDatabase({ prepare: path.prepare })
  const whole = await walkUndisturbed(path, database)
  const all = listMoments(whole.messages)
  const moments = oneOfEach(all, random)
  const [next, back] = [new OncePerState(), new OncePerState()]
  return { path, whole, moments, all: all.length, left: new Map(), next, back }
}

const WIDTH = { sever: 4, cut: 4, kill: 3, crash: 3 } as const
/** How many moments are worth a worker. */
const SHARE = 2
const PROGRESS = 100
/** How many faults are shown: one is seldom at one point only. */
const SHOWN = 10

/** Stops a path in one way at each of these moments; returns those where something was wrong, with what. */
export async function stopAtEach(
  trial: Trial,
  how: How,
  moments: readonly number[],
  say: (line: string) => void,
): Promise<string[]> {
  const wrong: string[] = []
  const started = performance.now()
  let [tried, unlike, missed] = [0, 0, 0]
  const report = () => {
    const seconds = (performance.now() - started) / 1000
    const all = `${trial.moments.length} places, and ${trial.all} moments between ${trial.whole.messages.length} messages`
    say(
      `${trial.path.name}, ${how}: ${tried} of ${moments.length} chosen points (there are ${all}) in ` +
        `${Math.round(seconds)} s, ${(tried / seconds).toFixed(1)} a second, ${trial.next.size} states, ${wrong.length} wrong, ${missed} not reached` +
        (how === 'kill' ? `, ${unlike} left unlike a severed run` : ''),
    )
  }
  const width = Math.min(WIDTH[how], Math.ceil(moments.length / SHARE))
  await inParallel(moments, width, async (number, worker) => {
    const { left, problems, isStopped } = await tryOne(
      trial,
      how,
      number,
      await placeFor(how, worker),
    )
    tried += 1
    if (isStopped === false) missed += 1
    if (trial.left.has(number) && left !== trial.left.get(number)) unlike += 1
    if (problems.length > 0) {
      const line = `${how} ${JSON.stringify(trial.moments[number])}\n  ${problems.join('\n  ')}`
      if (wrong.push(line) <= SHOWN) say(`${trial.path.name}, wrong: ${line}`)
    }
    if (tried % PROGRESS === 0) report()
  })
  report()
  return wrong
}

/** Where databases are made, and what may crash there. */
interface Place {
  readonly createDatabase: (options: { readonly prepare: Prepare }) => Promise<TestDatabase>
  readonly server?: Crashing
}

const crashServers: Promise<CrashServer>[] = []

/** The server of all tests; for crashes one for each worker, which the next trial has, too. */
async function placeFor(how: How, worker: number): Promise<Place> {
  if (how !== 'crash') return { createDatabase: createTestDatabase }
  const server = await (crashServers[worker] ??= startCrashServer())
  return { createDatabase: (options) => server.createDatabase(options), server }
}

export async function removeCrashServers(): Promise<void> {
  for (const starting of crashServers.splice(0)) await (await starting)[Symbol.asyncDispose]()
}

interface Tried {
  readonly left?: string
  /** False where the run ended before: a slow run has more messages, since it is observed. */
  readonly isStopped?: boolean
  readonly problems: readonly string[]
}

async function tryOne(trial: Trial, how: How, number: number, place: Place): Promise<Tried> {
  const { path, whole, next } = trial
  const moment = trial.moments[number]
  if (!moment) return { problems: ['there is no such moment'] }
  const point = { how, ...moment }
  try {
    await using database = await place.createDatabase(path)
    const { url } = database
    const isStopped = await stopAt(url, path.work, point, place.server)
    const { alive, left } = await withClient(url, async (client) => ({
      alive: await orphans(client),
      left: await readLeft(client),
    }))
    if (how === 'sever') trial.left.set(number, left)
    const goesOn = async () => [
      ...(await goOn(path, whole, url)),
      ...(await goBack(path, whole, url)),
    ]
    const problems = [
      ...alive.map((row) => `orphan ${JSON.stringify(row)}`),
      ...(how === 'sever' ? await turnsBack(trial, point, left) : []),
      ...(await next.do(left, goesOn)),
    ]
    return { left, problems, isStopped }
  } catch (error) {
    return { problems: [error instanceof Error ? String(error.stack) : String(error)] }
  }
}

/** In a database of its own, which is left in the same way. */
async function turnsBack(
  { path, whole, back }: Trial,
  point: StopPoint,
  left: string,
): Promise<string[]> {
  return back.do(left, async () => {
    await using database = await createTestDatabase(path)
    await stopAt(database.url, path.work, point)
    return await turnBack(path, whole, database.url)
  })
}

/**
 * Of each state that a stop leaves so many of its moments, by chance. A process that is dead, like a server, has done what
 * has come to the server until then, whatever ended it: what a severed run leaves at a moment is what a killed one
 * leaves there.
 */
export function momentsOfEachState(
  { moments, left }: Trial,
  most: number,
  random: () => number,
): number[] {
  const states = Map.groupBy(moments.keys(), (number) => left.get(number))
  return [...states.values()]
    .flatMap((numbers) => sample(numbers, most, random))
    .toSorted((a, b) => a - b)
}
