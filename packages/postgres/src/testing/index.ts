import { inject } from 'vitest'
import { isSoak, onEveryMajor, quarter, QUARTERS } from './env.ts'
import { cloneDatabase, withClient, type Prepare, type TestDatabase } from './test-database.ts'
import { REPLICATED, startReplica, type Replica } from './replica.ts'
import { startThrowAwayServer } from './throw-away-server.ts'
import { takeTurn } from './turns.ts'

export { isSoak, onEveryMajor } from './env.ts'
export type { Prepare, TestDatabase } from './test-database.ts'

/**
 * Makes a database for one test file: a clone of a template that `prepare` has filled once per
 * server, or an empty database without it. Call it in a `*.db.test.ts` file.
 *
 * Templates are told apart by where `prepare` is defined and by its source text. Closures that one expression makes
 * share a template, whatever they have captured. `prepare` gets the URL of the template's database as
 * its owner; connections that it leaves open are ended.
 *
 * @throws what `prepare` throws; the next caller tries it again.
 * @example
 * const database = await createTestDatabase({ prepare: migrate })
 * afterAll(() => database.drop())
 */
export async function createTestDatabase(
  options: { readonly prepare?: Prepare } = {},
): Promise<TestDatabase> {
  const server = inject('testServer')
  if (!server) throw new Error('No test server here: name the test file *.db.test.ts.')
  return cloneDatabase(server, options.prepare)
}

/**
 * Of a list of cases those whose turn it is on this project's server: each has its turn on one of the package's majors.
 * Of a long list the suite plays one on each, and the soak all on all majors.
 *
 * @example
 * test.each(inTurn(CASES))('$name', async (one) => { … })
 */
export function inTurn<const Case>(cases: readonly Case[]): readonly Case[] {
  return takeTurn(cases, { ...turn(), ...(!isSoak && { onNewest: 1 }) })
}

/** As {@link inTurn}, of as many cases as there are. */
export function shareOut<const Case>(cases: readonly Case[]): readonly Case[] {
  return takeTurn(cases, turn())
}

/**
 * In `pnpm test` the first of a list of cases, which stands for the others; in four runs of `.ci/run` about `inCi` of them, from
 * all over the list, each in one; in a soak all.
 *
 * @example
 * test.each(briefly(CASES))('$name', async (one) => { … })
 */
export function briefly<const Case>(
  cases: readonly Case[],
  inCi: number = Math.max(2, cases.length / 4),
): readonly Case[] {
  if (isSoak) return cases
  if (!onEveryMajor) return cases.slice(0, 1)
  const turns = quarter === undefined ? [0] : QUARTERS
  const taken = takeTurn(cases, { turns, mine: quarter ?? 0, onNewest: inCi / turns.length })
  return taken.length > 0 ? taken : cases.slice(0, 1)
}

function turn() {
  return { turns: inject('turns'), mine: inject('postgresMajor') }
}

/** A server of a test's own, which may crash. */
export type CrashServer = AsyncDisposable & {
  /** As {@link createTestDatabase}, on this server. */
  createDatabase(options: { readonly prepare: Prepare }): Promise<TestDatabase>
  /** Crashes it, as `pg_ctl stop -m immediate` does; returns when it is gone. */
  crash(): Promise<void>
  /** Starts it again where it was; returns when it has recovered. */
  restart(): Promise<void>
  /** Starts a streaming replica of it, which is to be disposed of before the server. */
  startReplica(): Promise<Replica>
}

/** Starts a server that may crash, of the version of the other tests. What it has committed survives a crash. */
export async function startCrashServer(): Promise<CrashServer> {
  const major = inject('postgresMajor') ?? 18
  const { server, home, close, crash, restart } = await startThrowAwayServer(
    major,
    // The log as it is elsewhere: what is written how late is what a crash is about.
    { ...REPLICATED, synchronous_commit: 'on', wal_writer_delay: '200ms' },
  )
  return {
    createDatabase: async ({ prepare }) => {
      const database = await cloneDatabase(server, prepare)
      // A copied sequence believes that its next values are in the log, and goes back at a crash before this.
      await withClient(server.url, (client) => client.query('checkpoint'))
      return database
    },
    crash,
    restart,
    startReplica: () => startReplica({ url: server.url, home }, major),
    [Symbol.asyncDispose]: close,
  }
}
