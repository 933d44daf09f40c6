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
export function projects({ majors, alsoOn }: Projects): TestProjectInlineConfiguration[] {
  return [
    { test: { name: 'unit', include: ['src/**/*.test.ts'], exclude: [DATABASE_TESTS] } },
    ...(testDatabaseUrl
      ? [databaseProject('postgres', DATABASE_TESTS, 18)]
      : databaseProjects({ majors, alsoOn })),
  ]
}

function databaseProjects({ majors, alsoOn }: Projects): TestProjectInlineConfiguration[] {
  const all = majors.map((major) => [DATABASE_TESTS, major] as const)
  const some = alsoOn?.majors.map((major) => [`${alsoOn.folder}/**/*.db.test.ts`, major] as const)
  return [...all, ...(some ?? [])].map(([include, major]) =>
    databaseProject(`postgres-${major}`, include, major),
  )
}

/** Options of {@link projects}. */
export type Projects = {
  /** Every database test of the package runs on these. */
  readonly majors: Major[]
  /** One folder's tests, where catalogs differ by version, run on these too. */
  readonly alsoOn?: { readonly majors: Major[]; readonly folder: string } | undefined
}

function databaseProject(
  name: string,
  include: string,
  postgresMajor: Major,
): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: [include],
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
