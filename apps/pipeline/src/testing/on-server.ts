import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '@techfacts/postgres'
import { head } from './database.ts'

/** Runs a benchmark on a server of its own that is at head, and removes it. */
export async function onServer(measure: (url: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  const server = await startServer({ folder, major: 18, settings: { fsync: 'off' } })
  try {
    await head(server.url)
    await measure(server.url)
  } finally {
    await server.stop()
    await rm(folder, { recursive: true })
  }
}
