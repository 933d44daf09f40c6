import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startChild } from './child.ts'
import {
  APPLICATION_ROLE,
  applicationPassword,
  applicationUrl,
  DATA_FOLDER,
  type Database,
  openDatabase,
} from './database.ts'
import type { Settings } from './env.ts'
import { type Access, keepAccess, readAccess } from './kept.ts'
import { assertPortIsFree } from './port.ts'
import { untilReady } from './ready.ts'
import { screen } from './screen.ts'

const ACCESS_FILE = join(DATA_FOLDER, 'access.json')

const MIGRATE = new URL('../../migrate/src/main.js', import.meta.url)
const PIPELINE = new URL('../../pipeline/src/main.ts', import.meta.url)
const CONSOLE = new URL('../../console/', import.meta.url)

/** Prints one message. */
export type Say = (text: string) => void

/**
 * Runs everything on this machine until `signal` is aborted: the database, the migrate step, the
 * service. Stops what it has started in the reverse order, also when a part fails.
 *
 * @throws SettingsError when the port is taken; ChildError, with the exit code, when a program fails;
 * an Error when the embedded server does not start or goes away.
 */
export async function start(settings: Settings, signal: AbortSignal, say: Say): Promise<void> {
  const access = await readAccess(ACCESS_FILE, settings)
  await assertPortIsFree(access.port)
  say(settings.databaseUrl ? 'Using the server of DATABASE_URL …' : 'Starting PostgreSQL …')
  const database = await openDatabase(settings.databaseUrl)
  try {
    say(`Database: ${database.description}`)
    await migrate(database, settings, signal)
    if (!signal.aborted) await buildConsole(settings, signal)
    if (!signal.aborted) await serve(database, settings, access, signal, say)
  } finally {
    if (signal.aborted) say('Stopping …')
    await database.stop()
  }
}

/** The migrate step as the owner, then the role that the service connects as. */
async function migrate(database: Database, settings: Settings, signal: AbortSignal): Promise<void> {
  const env = {
    ...settings.inherited,
    MIGRATE_DATABASE_URL: database.url,
    MIGRATE_ROLE_PASSWORD: applicationPassword(database.url),
  }
  for (const args of [['start'], ['grant', APPLICATION_ROLE]]) {
    if (signal.aborted) return
    await startChild(`migrate ${args.join(' ')}`, MIGRATE, args, env).complete(signal)
  }
}

/** What the service serves at /: after a pull the sources are newer than what was built. */
async function buildConsole(settings: Settings, signal: AbortSignal): Promise<void> {
  const vite = new URL('node_modules/vite/bin/vite.js', CONSOLE)
  const args = ['build', fileURLToPath(CONSOLE), '--logLevel', 'warn']
  await startChild('The build of the console', vite, args, settings.inherited).complete(signal)
}

async function serve(
  database: Database,
  settings: Settings,
  access: Access,
  signal: AbortSignal,
  say: Say,
): Promise<void> {
  say('Starting the service …')
  const { apiKey, port } = access
  const url = `http://127.0.0.1:${port}`
  const pipeline = startChild('The service', PIPELINE, [], {
    LOG_LEVEL: 'warn', // the last screen stays in sight
    ...settings.inherited,
    DATABASE_URL: applicationUrl(database.url),
    API_KEY: apiKey,
    PORT: String(port),
  })
  const over = new AbortController()
  const completed = pipeline.complete(signal)
  const announce = async () => {
    const isReady = await untilReady(url, AbortSignal.any([signal, over.signal]))
    if (isReady) await keepAccess(ACCESS_FILE, access)
    if (isReady) say(screen({ url, apiKey, database }))
    return completed
  }
  const announced = announce()
  const lost = database.lost.then(() => {
    throw new Error(`The database server has gone away: ${database.description}.`)
  })
  try {
    await Promise.race([completed, announced, lost])
  } finally {
    over.abort()
    await pipeline.stop()
  }
}
