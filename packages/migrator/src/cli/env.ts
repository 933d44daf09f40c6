import { failure } from '../errors/index.ts'

/** The program's environment, parsed. */
export interface Environment {
  readonly databaseUrl: string | undefined
  readonly config: string | undefined
  /** Seconds that `start` waits for a server that does not answer yet. */
  readonly wait: number
  readonly build: string | undefined
  readonly rolePassword: string | undefined
  readonly isDevelopment: boolean
  /** How progress may be shown where standard error is a terminal. */
  readonly display: { readonly isLive: boolean; readonly isColoured: boolean }
}

const DEFAULT_WAIT_SECONDS = 30

/** What each variable is for, in the words of the help. */
export const VARIABLES = [
  ['DATABASE_URL', 'the database: postgres://user:password@host:5432/database'],
  [
    'MIGRATE_DATABASE_URL',
    'the same for migrations alone, direct where that one leads through a pooler',
  ],
  ['MIGRATE_CONFIG', 'the MikroORM configuration file, like --config'],
  ['MIGRATE_WAIT', `how many seconds start waits for the server (default ${DEFAULT_WAIT_SECONDS})`],
  ['MIGRATE_BUILD', 'a commit or the tag of an image, for the journal'],
  ['MIGRATE_ROLE_PASSWORD', 'the password that grant gives to the role'],
  [
    'NODE_ENV',
    'development: a migration edited after it was compiled is a warning of up; without it, up refuses',
  ],
  ['NO_COLOR', 'no colours on a terminal, where it is set'],
  ['CI', 'no moving line on a terminal, where it is set'],
] as const

/** Reads the environment; throws one error that names every bad variable. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const wait = env.MIGRATE_WAIT === undefined ? DEFAULT_WAIT_SECONDS : Number(env.MIGRATE_WAIT)
  if (!Number.isFinite(wait) || wait < 0) {
    const reason = `MIGRATE_WAIT is "${env.MIGRATE_WAIT}", but must be a number of seconds`
    throw failure('PROJECT_INVALID', { reason })
  }
  return {
    databaseUrl: env.MIGRATE_DATABASE_URL || env.DATABASE_URL || undefined,
    config: env.MIGRATE_CONFIG || undefined,
    wait,
    build: env.MIGRATE_BUILD || undefined,
    rolePassword: env.MIGRATE_ROLE_PASSWORD || undefined,
    isDevelopment: env.NODE_ENV === 'development',
    display: {
      // Some builds lend their jobs a terminal, but nobody looks at it, and its output is kept as a log.
      isLive: !env.CI && env.TERM !== 'dumb',
      // https://no-color.org
      isColoured: !env.NO_COLOR,
    },
  }
}
