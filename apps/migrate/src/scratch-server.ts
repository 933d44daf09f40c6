import { failure } from '@techfacts/migrator'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Asks for the PostgreSQL that comes with the development of this repository. */
const EMBEDDED = 'embedded'

/**
 * Lends `work` a server on which databases may be made: the one of `url`, or, in development, one that is started for
 * it and removed afterwards.
 * Throws PROJECT_INVALID where that one is not installed, as in the container.
 */
export async function withScratchServer<T>(
  url: string,
  work: (url: string) => Promise<T>,
): Promise<T> {
  if (url !== EMBEDDED) return work(url)
  const { startServer } = await import('@techfacts/postgres').catch((error: unknown) => {
    const reason = 'There is no embedded PostgreSQL here. Give --scratch-url the URL of a server.'
    throw failure('PROJECT_INVALID', { reason }, error)
  })
  const folder = await mkdtemp(join(tmpdir(), 'migrate-scratch-'))
  const server = await startServer({ folder })
  try {
    return await work(server.url)
  } finally {
    await server.stop()
    await rm(server.folder, { recursive: true, force: true })
    await rm(folder, { recursive: true, force: true })
  }
}
