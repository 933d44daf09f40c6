import { fileURLToPath } from 'node:url'
import type { TestProjectInlineConfiguration } from 'vitest/config'
import type { Major } from '../binaries.ts'
import type { TestServer } from './test-database.ts'
import { testDatabaseUrl } from './env.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Set by {@link projects}: which PostgreSQL the project starts, where it starts one. */
    postgresMajor: Major
    /** Set by the global setup: where the project's test databases are made. */
    testServer: TestServer
  }
}

const DATABASE_TESTS = 'src/**/*.db.test.ts'

/**
 * A package's vitest projects: `unit` for the tests that need no database, and for each major one
 * that runs `*.db.test.ts` on a throw-away server of its own. With TEST_DATABASE_URL set they run
 * once, on that server.
 *
 * @example
 * export default defineConfig({ test: { projects: projects({ majors: [18, 15] }) } })
 */
export function projects({
  majors,
  once = [],
  alsoOn,
}: Projects): TestProjectInlineConfiguration[] {
  const unit = { name: 'unit', include: ['src/**/*.test.ts'], exclude: [DATABASE_TESTS] }
  if (testDatabaseUrl) return [{ test: unit }, databaseProject('postgres', DATABASE_TESTS, 18)]
  return [
    { test: unit },
    ...majors.map((major, index) =>
      databaseProject(`postgres-${major}`, DATABASE_TESTS, major, index === 0 ? [] : once),
    ),
    ...(alsoOn?.majors ?? []).map((major) =>
      databaseProject(`postgres-${major}`, `${alsoOn?.folder}/**/*.db.test.ts`, major),
    ),
  ]
}

/** Options of {@link projects}. */
export type Projects = {
  /** Every database test of the package runs on these. */
  readonly majors: readonly Major[]
  /** But these run on the first one alone: the server's version changes nothing that they ask. */
  readonly once?: readonly string[]
  /** One folder's tests, where catalogs differ by version, run on these too. */
  readonly alsoOn?: { readonly majors: readonly Major[]; readonly folder: string }
}

function databaseProject(
  name: string,
  include: string,
  postgresMajor: Major,
  exclude: readonly string[] = [],
): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: [include],
      exclude: [...exclude],
      globalSetup: fileURLToPath(new URL('global-setup.ts', import.meta.url)),
      provide: { postgresMajor },
      pool: 'forks',
      maxWorkers: 2,
      // A machine that others use, too, may need ten times what an idle one does.
      testTimeout: 180_000,
      hookTimeout: 180_000,
    },
  }
}
