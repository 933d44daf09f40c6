import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProjectInlineConfiguration } from 'vitest/config'
import type { Major } from '../binaries.ts'
import { isSoak, onEveryMajor, testDatabaseUrl } from './env.ts'

export { LongFirst } from './long-first.ts'

/** Every process that a test starts finds what another one has compiled: where enableCompileCache() looks, too. */
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache')

const DATABASE_TESTS = 'src/**/*.db.test.ts'

const LONG_TESTS = fileURLToPath(new URL('long-tests.ts', import.meta.url))

const SHORT_FORM = fileURLToPath(new URL('short-form.ts', import.meta.url))

/** Of three tests one waits, for a lock or a server: two cores have work for the others. */
const WORKERS = 3

/** For what hangs, and nothing else: a machine that others use, too, may need ten times what an idle one does. */
const PATIENT = { testTimeout: 600_000, hookTimeout: 600_000 }

/** Vitest keeps to itself whether somebody has asked for certain files, or for tests by name: those run whole. */
const areTestsNamed = process.argv.some((word) =>
  /^src\/|\.test\b|^-t$|^--testNamePattern/.test(word),
)

/** `test('…', { tags: 'long' }, …)`: what takes more than five seconds where `.ci/run` has two cores. */
export const longTests = {
  tags: [{ name: 'long' as const, description: 'takes more than five seconds in .ci/run' }],
  setupFiles: areTestsNamed && !onEveryMajor ? [] : [LONG_TESTS],
}

/**
 * A package's vitest projects: `unit` for the tests that need no database, and one that runs `*.db.test.ts` on a
 * throw-away server of the newest version, of each file the first test. With EVERY_MAJOR=1 it runs all, and there is one
 * project for each of the other versions.
 * With TEST_DATABASE_URL set they run once, on that server.
 *
 * @example
 * export default defineConfig({ test: { projects: projects({ majors: [18, 15], onAll: ['src/run'] }) } })
 */
export function projects({
  majors,
  onAll = [],
  alsoOn,
}: Projects): TestProjectInlineConfiguration[] {
  const unit = {
    name: 'unit',
    include: ['src/**/*.test.ts'],
    exclude: [DATABASE_TESTS],
    isolate: false,
    maxWorkers: WORKERS,
    ...longTests,
    ...PATIENT,
  }
  if (testDatabaseUrl) return [{ test: unit }, databaseProject('postgres', [DATABASE_TESTS], 18)]
  const [newest, ...older] = majors
  // What depends on the version shows in a few cases: of four turns the newest has three.
  const turns = isSoak ? undefined : [newest, ...older, newest, newest]
  const onNewest = databaseProject(
    `postgres-${newest}`,
    [DATABASE_TESTS],
    newest,
    onEveryMajor ? turns : undefined,
  )
  if (!onEveryMajor) return [{ test: unit }, areTestsNamed ? onNewest : shorten(onNewest)]
  const everywhere = isSoak ? [DATABASE_TESTS] : onAll.map(testsOf)
  return [
    { test: unit },
    onNewest,
    ...older.map((major) => databaseProject(`postgres-${major}`, everywhere, major, turns)),
    ...(alsoOn?.majors ?? []).map((major) =>
      databaseProject(`postgres-${major}`, (alsoOn?.places ?? []).map(testsOf), major),
    ),
  ]
}

/** Options of {@link projects}. */
export type Projects = {
  /** The newest first: every database test of the package runs on it; in a soak on all. */
  readonly majors: readonly [Major, ...Major[]]
  /** Folders, or files as a glob, that run on the others, too: what they test depends on the server's version. */
  readonly onAll?: readonly string[]
  /** Folders, or files, that run on these too: what they read differs by every version. */
  readonly alsoOn?: { readonly majors: readonly Major[]; readonly places: readonly string[] }
}

function shorten({ test }: TestProjectInlineConfiguration): TestProjectInlineConfiguration {
  return { test: { ...test, setupFiles: [...longTests.setupFiles, SHORT_FORM] } }
}

function testsOf(place: string): string {
  return place.endsWith('.ts') ? place : `${place}/**/*.db.test.ts`
}

function databaseProject(
  name: string,
  include: readonly string[],
  postgresMajor: Major,
  turns: readonly Major[] = [postgresMajor],
): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: [...include],
      globalSetup: fileURLToPath(new URL('global-setup.ts', import.meta.url)),
      provide: { postgresMajor, turns },
      pool: 'forks',
      // To load the engine takes as long as a test of it: each worker does so once.
      isolate: false,
      maxWorkers: WORKERS,
      ...longTests,
      ...PATIENT,
    },
  }
}
