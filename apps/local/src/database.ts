import { createHmac } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { startServer } from '@techfacts/postgres'

/** Git ignores it; as root the cluster may be elsewhere, where the server's user can reach it. */
export const DATA_FOLDER = fileURLToPath(new URL('../../../.data', import.meta.url))

/** The database that the programs use, and where it came from. */
export type Database = {
  /** As the owner of the schema. */
  readonly url: string
  /** What it is, for people: without a password. */
  readonly description: string
  readonly isEmbedded: boolean
  /** Settles when an embedded server has gone away. */
  readonly lost: Promise<void>
  /** Stops an embedded server; a given one is left alone. */
  stop(): Promise<void>
}

/** Starts the embedded PostgreSQL, or uses the server that was given. */
export async function openDatabase(given: string | undefined): Promise<Database> {
  if (given !== undefined) {
    const { hostname, port, pathname } = new URL(given)
    const description = `${pathname.slice(1)} on ${hostname}:${port || '5432'}`
    return {
      url: given,
      description,
      isEmbedded: false,
      lost: new Promise(() => {}),
      stop: async () => {},
    }
  }
  const server = await startServer({ folder: DATA_FOLDER, database: 'techfacts' })
  const where = server.adopted ? 'found running' : 'started'
  return {
    ...server,
    description: `embedded, ${where}, data in ${server.folder}`,
    isEmbedded: true,
  }
}

/** The role that applications connect as: it reads and writes rows, and cannot change the schema. */
export const APPLICATION_ROLE = 'techfacts_app'

/** The role's password: the same at each start, and known only to those who know the owner's. */
export function applicationPassword(ownerUrl: string): string {
  const { password } = new URL(ownerUrl)
  return createHmac('sha256', password).update(APPLICATION_ROLE).digest('hex')
}

/** The database as the application's role. */
export function applicationUrl(ownerUrl: string): string {
  const url = new URL(ownerUrl)
  url.username = APPLICATION_ROLE
  url.password = applicationPassword(ownerUrl)
  return url.href
}
