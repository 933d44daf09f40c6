import { startServer } from '@techfacts/postgres'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { elevenTables, smallMigrations } from './chains.ts'
import { compareApplying } from './compare.ts'
import { contenders, fromSources, psql } from './contenders.ts'
import { databasesOn } from './database.ts'
const folder = await mkdtemp(join(tmpdir(), 'techfacts-bench-'))
const server = await startServer({ folder: join(folder, 'server'), major: 18 })
try {
  const arena = {
    installed: folder,
    databases: databasesOn(server.url),
    pairs: Number(process.argv[2] ?? 3),
  }
  const bundle = contenders.find((c) => c.name.includes('bundle'))
  for (const chain of [await elevenTables(), smallMigrations(1000)])
    for (const c of [psql, bundle, ...(process.argv[3] ? [fromSources] : [])]) {
      const r = await compareApplying(arena, c, chain)
      console.log(
        chain.title,
        c.name,
        r.ratio.toFixed(2),
        Math.round(r.milliseconds),
        Math.round(r.peakMiB ?? 0),
        new Date().toTimeString().slice(0, 8),
      )
    }
} finally {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}
