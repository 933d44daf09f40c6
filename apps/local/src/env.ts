/** What the start was asked for, checked. */
export type Settings = {
  /** A server to use instead of the embedded one, as the schema's owner. */
  readonly databaseUrl: string | undefined
  /** The key that the API is to accept; where there is none, that of the start before, or a new one. */
  readonly apiKey: string | undefined
  /** Where there is none: that of the start before, or 8000. */
  readonly port: number | undefined
  /** What the programs that are started inherit. */
  readonly inherited: Readonly<NodeJS.ProcessEnv>
  /** Whether a package manager started this program: it is to go when that goes. */
  readonly isScript: boolean
}

/** Thrown for settings that cannot be used; the message has one line for each. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/** The service refuses shorter keys. */
const KEY_LENGTH = 16

/**
 * Reads the settings from the environment.
 *
 * @throws {@link SettingsError} that names every variable that is wrong.
 */
export function readSettings(
  env: NodeJS.ProcessEnv = process.env,
  [argument]: readonly string[] = process.argv.slice(2),
): Settings {
  const databaseUrl = env['DATABASE_URL'] || undefined
  const apiKey = env['API_KEY'] || undefined
  const port = env['PORT'] ? Number(env['PORT']) : undefined
  const problems = [
    argument === undefined
      ? undefined
      : `start has no argument ${argument}. Its settings are the variables DATABASE_URL, API_KEY and PORT.`,
    databaseUrl !== undefined && !isPostgresUrl(databaseUrl)
      ? 'DATABASE_URL is not a URL like postgresql://user:password@host:5432/database.'
      : undefined,
    apiKey !== undefined && apiKey.length < KEY_LENGTH
      ? `API_KEY has ${apiKey.length} characters; it needs at least ${KEY_LENGTH}.`
      : undefined,
    port === undefined || (Number.isInteger(port) && port > 0 && port < 65_536)
      ? undefined
      : `PORT is ${JSON.stringify(env['PORT'])}; it must be a number from 1 to 65535.`,
  ].filter((problem) => problem !== undefined)
  if (problems.length > 0) throw new SettingsError(problems.join('\n'))

  const isScript = env['npm_lifecycle_event'] !== undefined
  return { databaseUrl, apiKey, port, inherited: env, isScript }
}

function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && ['postgres:', 'postgresql:'].includes(url.protocol) && url.hostname !== ''
}
