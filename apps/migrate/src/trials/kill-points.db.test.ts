import { MigratorError } from '@techfacts/migrator'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { expect, inject, test } from 'vitest'
import {
  CHAIN_NAMES,
  COUNTERS,
  doing,
  emptyAgain,
  PREPARE,
  query,
  runChain,
  type Way,
} from './chain.ts'
import { orphans, readFacts } from './facts.ts'
import { journalProblems } from './journal.ts'
import { inParallel, randomFrom, sample } from './random.ts'
import { momentsOf, recordSides, stopAt, type StopPoint } from './stop-point.ts'

type ChainPoint = StopPoint & { readonly way: Way }

/** In `test` a sample, which its seed brings back; in `soak` every point. */
const isSoak = process.env.SOAK === '1'
const seed = Number(process.env.TRIAL_SEED ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
// Undefined where the server was given by TEST_DATABASE_URL.
const server = `PostgreSQL ${inject('postgresMajor') ?? 'as given'}`
const SAMPLE = { cut: 10, sever: 8, kill: 3 } as const
const WIDTH = 4
const TIMEOUT_MS = 4 * 3_600_000

for (const way of ['up', 'down'] as const) {
  for (const how of ['cut', 'kill'] as const) {
    test(
      `a ${how} on the way ${way}: the next run comes to the end, each step once`,
      async () => {
        const { sides, facts } = await undisturbed(way)
        const wrong = await tryAll({ way, how }, sides, (url, point) => goOn(url, point, facts))
        expect(wrong).toEqual([])
      },
      TIMEOUT_MS,
    )
  }
}

test(
  'what stands of a run up that was stopped can be reverted, or is refused and completed',
  async () => {
    const { sides, facts: head } = await undisturbed('up')
    const { facts: base } = await undisturbed('down')
    const kind = { way: 'up', how: 'sever' } as const
    const wrong = await tryAll(kind, sides, (url) => turnBack(url, base, head))
    expect(wrong).toEqual([])
  },
  TIMEOUT_MS,
)

/** One way to its end, through the proxy: its facts are what every other trial is held against. */
async function undisturbed(way: Way) {
  await using database = await createTestDatabase({ prepare: PREPARE[way] })
  const sides = await recordSides(database.url, doing(way))
  const counts = await query(database.url, 'select n from counter where name = any($1)', [
    COUNTERS.map((name) => `${name} ${way}`),
  ])
  expect(counts).toEqual(COUNTERS.map(() => ({ n: 1 })))
  return { sides, facts: await readFacts(database.url) }
}

/** Every point of a kind, or a sample; returns those where something was wrong, with what. */
async function tryAll(
  kind: Pick<ChainPoint, 'way' | 'how'>,
  sides: readonly string[],
  judge: (url: string, point: ChainPoint) => Promise<string[]>,
): Promise<string[]> {
  const all = momentsOf(sides).map((moment): ChainPoint => ({ ...kind, ...moment }))
  const points = isSoak ? all : sample(all, SAMPLE[kind.how], random)
  const started = performance.now()
  const wrong: string[] = []
  await using databases = new AsyncDisposableStack()
  const free: TestDatabase[] = []
  for (let i = 0; i < WIDTH; i += 1) free.push(databases.use(await createTestDatabase()))
  await inParallel(points, WIDTH, async (point) => {
    const database = free.pop()
    if (!database) throw new Error('There are fewer databases than workers.')
    const problems = await tryOne(database.url, point, judge)
    if (problems.length > 0) wrong.push(`${JSON.stringify(point)}\n  ${problems.join('\n  ')}`)
    free.push(database)
  })
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(
    `${server}, ${kind.how} on the way ${kind.way}: ${points.length} of ${all.length} points around ` +
      `${sides.length} messages in ${seconds} s${isSoak ? '' : `, TRIAL_SEED=${seed}`}`,
  )
  return wrong
}

async function tryOne(
  url: string,
  point: ChainPoint,
  judge: (url: string, point: ChainPoint) => Promise<string[]>,
): Promise<string[]> {
  try {
    await emptyAgain(url)
    await PREPARE[point.way](url)
    await stopAt(url, doing(point.way), point)
    return await judge(url, point)
  } catch (error) {
    return [String(error)]
  }
}

/** After a run that was stopped: runs the next, and says what is not as if nothing had happened. */
async function goOn(url: string, point: ChainPoint, facts: readonly string[]): Promise<string[]> {
  await runChain(url, point.way)
  const again = await runChain(url, point.way)
  return [
    ...again.migrations.map(({ name }) => `${name} ran once more`),
    ...differences(facts, await readFacts(url)),
    ...(await journalProblems(url, point.way, CHAIN_NAMES)),
    ...(await orphans(url)).map((row) => `orphan ${JSON.stringify(row)}`),
  ]
}

/** After a run up that was stopped: goes down; what was counted up is counted down, or it goes on up as it was told. */
async function turnBack(
  url: string,
  base: readonly string[],
  head: readonly string[],
): Promise<string[]> {
  try {
    await runChain(url, 'down')
  } catch (error) {
    if (!(error instanceof MigratorError) || error.code !== 'UNDO_UNCLEAR') throw error
    await runChain(url, 'up')
    return differences(head, await readFacts(url))
  }
  const unequal = await query(
    url,
    `select up.name, up.n as up, down.n as down from counter up
       join counter down on up.name = replace(down.name, ' down', ' up') and up.name <> down.name
      where up.n <> down.n or up.n > 1`,
  )
  return [
    ...unequal.map((row) => `counted unequally: ${JSON.stringify(row)}`),
    ...differences(base.filter(isCompared), (await readFacts(url)).filter(isCompared)),
  ]
}

/** Counters are judged by themselves; the ledger is not even there where nothing had begun. */
function isCompared(fact: string): boolean {
  return !/counter|mikro_orm_migrations/.test(fact)
}

/** Facts may be there twice, and then count twice. */
function differences(expected: readonly string[], found: readonly string[]): string[] {
  const surplus = [...found]
  const missing = expected.filter((fact) => {
    const at = surplus.indexOf(fact)
    if (at >= 0) surplus.splice(at, 1)
    return at < 0
  })
  return [
    ...missing.map((fact) => `missing: ${fact}`),
    ...surplus.map((fact) => `surplus: ${fact}`),
  ]
}
