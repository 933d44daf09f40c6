import { failure } from '@techfacts/migrator'

/** The program's environment, parsed. The only reader of process.env. */
export interface Environment {
  /** The database to migrate: MIGRATE_DATABASE_URL (a direct URL, past a pooler), else DATABASE_URL. */
  readonly databaseUrl: string | undefined
  /** A MikroORM configuration file in place of TechFacts' own. */
  readonly config: string | undefined
  /** Seconds that `start` waits for a server that does not answer yet. */
  readonly wait: number
  /** A commit or an image's tag, for the journal. */
  readonly build: string | undefined
  /** For `grant`: the password that the role is given. */
  readonly rolePassword: string | undefined
  /** How progress may be shown where standard error is a terminal. */
  readonly display: { readonly isLive: boolean; readonly isColoured: boolean }
}

const DEFAULT_WAIT_SECONDS = 30

/** Reads the environment; throws one error that names every bad variable. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const problems: string[] = []
  const wait = env.MIGRATE_WAIT === undefined ? DEFAULT_WAIT_SECONDS : Number(env.MIGRATE_WAIT)
  if (!Number.isFinite(wait) || wait < 0) {
    problems.push(`MIGRATE_WAIT is "${env.MIGRATE_WAIT}", but must be a number of seconds`)
  }
  if (problems.length > 0) throw failure('PROJECT_INVALID', { reason: problems.join('\n') })
  return {
    databaseUrl: env.MIGRATE_DATABASE_URL || env.DATABASE_URL,
    config: env.MIGRATE_CONFIG || undefined,
    wait,
    build: env.MIGRATE_BUILD || undefined,
    rolePassword: env.MIGRATE_ROLE_PASSWORD || undefined,
    display: {
      // Some builds lend their jobs a terminal, but nobody looks at it, and its output is kept as a log.
      isLive: !env.CI && env.TERM !== 'dumb',
      // https://no-color.org
      isColoured: !env.NO_COLOR,
    },
  }
}
