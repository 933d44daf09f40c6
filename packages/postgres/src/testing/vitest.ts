import { fileURLToPath } from 'node:url'
import type { TestProjectInlineConfiguration } from 'vitest/config'
import type { Major } from '../binaries.ts'
import type { TestServer } from './test-database.ts'
import { testDatabaseUrl } from './env.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Set by {@link projects}: which PostgreSQL the project's global setup starts. */
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
export function projects({ majors }: { majors: Major[] }): TestProjectInlineConfiguration[] {
  const database = testDatabaseUrl
    ? [databaseProject('postgres')]
    : majors.map((major) => databaseProject(`postgres-${major}`, { postgresMajor: major }))
  return [
    { test: { name: 'unit', include: ['src/**/*.test.ts'], exclude: [DATABASE_TESTS] } },
    ...database,
  ]
}

function databaseProject(
  name: string,
  provide: { postgresMajor?: Major } = {},
): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: [DATABASE_TESTS],
      globalSetup: fileURLToPath(new URL('global-setup.ts', import.meta.url)),
      provide,
      pool: 'forks',
      maxWorkers: 2,
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }
}
