import type { Major } from '../binaries.ts'
import type { TestServer } from './test-database.ts'

/** The server to use for database tests instead of throw-away ones. */
export const testDatabaseUrl: string | undefined = process.env['TEST_DATABASE_URL'] || undefined

/** Whether every case runs on every major, which takes hours: `pnpm soak`. */
export const isSoak: boolean = process.env['SOAK'] === '1'

/** Whether tests run on the older versions of PostgreSQL, too: in `.ci/run` and in a soak. `pnpm test` takes the newest. */
export const onEveryMajor: boolean = isSoak || process.env['EVERY_MAJOR'] === '1'

/** Of what takes long each commit has its own quarter in `.ci/run`, so that four in a row run all. */
export const QUARTERS: readonly number[] = [0, 1, 2, 3]

/** One of {@link QUARTERS}; undefined: all of them. */
export const quarter: number | undefined = readQuarter(process.env['TEST_QUARTER'])

function readQuarter(text: string | undefined): number | undefined {
  if (!text) return undefined
  const found = QUARTERS.find((one) => String(one) === text)
  if (found !== undefined) return found
  throw new Error(
    `TEST_QUARTER is ${text}. Set it to 0, 1, 2 or 3, or leave it out to run all tests.`,
  )
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Set by `projects`: which PostgreSQL the project starts, where it starts one. */
    postgresMajor: Major
    /** Set by `projects`: whose turns follow one another where `inTurn` shares cases; in a soak the project's own alone. */
    turns: readonly Major[]
    /** Set by the global setup: where the project's test databases are made. */
    testServer: TestServer
  }
}
