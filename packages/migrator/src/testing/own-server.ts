import { startServer, type Server } from '@techfacts/postgres'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'

/** A server with settings that the tests' common one has not; `close` stops and removes it. */
export async function startOwnServer(
  settings: Readonly<Record<string, string>>,
): Promise<{ url: string; log: string; close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'migrator-manners-'))
  const major = inject('postgresMajor') ?? 18
  const server: Server = await startServer({
    folder,
    major,
    settings: { fsync: 'off', ...settings },
  })
  const close = async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
    await rm(server.folder, { recursive: true, force: true })
  }
  return { url: server.url, log: join(server.folder, 'server.log'), close }
}
