import { isSoak } from '@techfacts/postgres/testing'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { startServer } from '@techfacts/postgres'
import { fingerprint, readCatalog, type Catalog } from './index.ts'
import { apply, connect, EXTENSIONS, give, say } from './tests/database.ts'
import { changes } from './tests/changes/index.ts'
import { dumpDatabase, hasPgDump, NOT_DUMPED } from './tests/dump.ts'

// The short form of this is the sample in fingerprint.db.test.ts; this one needs a server of every
// version at once and runs in `pnpm soak` only, once.
const isOnce = isSoak && inject('postgresMajor') === 18

const MAJORS = [15, 16, 17, 18] as const
const everywhere = changes.filter(({ since = 15 }) => since === 15)

test.runIf(isOnce)('every kind of change leads to the same on every version', async () => {
  const catalogs = []
  for (const major of MAJORS) catalogs.push(await withServer(major, readBeforeAndAfter))
  const [oldest] = catalogs
  for (const catalog of catalogs) {
    expect(say(catalog.before, oldest?.before ?? { objects: [] })).toEqual([])
    expect(say(catalog.after, oldest?.after ?? { objects: [] })).toEqual([])
    expect(fingerprint(catalog.after)).toBe(fingerprint(oldest?.after ?? { objects: [] }))
  }
  console.log(`${everywhere.length} kinds of change, the same on PostgreSQL ${MAJORS.join(', ')}`)
})

test.runIf(isOnce)(
  'a dump of an old version restored to newer ones is the same',
  async (context) => {
    const oldest = MAJORS[0]
    context.skip(!hasPgDump(oldest), `there is no pg_dump ${oldest}`)
    const { dump, catalog } = await withServer(oldest, dumpAll)
    for (const major of MAJORS) {
      const restored = await withServer(major, async (url) => {
        await using client = await connect(url)
        await client.query(dump)
        return await readCatalog(client)
      })
      // MAINTAIN (17) is not among the privileges that the dump grants back to the owner one by one.
      const lost = ['changed table owner_revokes_from_himself.job: grants']
      expect(say(restored, catalog)).toEqual(major >= 17 ? lost : [])
    }
  },
)

async function readBeforeAndAfter(url: string): Promise<{ before: Catalog; after: Catalog }> {
  await using client = await connect(url)
  await client.query(EXTENSIONS)
  for (const change of everywhere) await give(client, change)
  const before = await readCatalog(client)
  for (const change of everywhere) await apply(client, change, 'change')
  return { before, after: await readCatalog(client) }
}

async function dumpAll(url: string): Promise<{ dump: string; catalog: Catalog }> {
  await using client = await connect(url)
  await client.query(EXTENSIONS)
  for (const change of everywhere) await give(client, change)
  for (const change of everywhere) {
    if (!NOT_DUMPED.has(change.name)) await apply(client, change, 'change')
  }
  return { dump: dumpDatabase(url, MAJORS[0]), catalog: await readCatalog(client) }
}

async function withServer<T>(
  major: (typeof MAJORS)[number],
  work: (url: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'techfacts-versions-'))
  const server = await startServer({ folder, major, settings: { fsync: 'off' } })
  try {
    return await work(server.url)
  } finally {
    await server.stop()
    for (const path of [folder, dirname(server.folder)])
      await rm(path, { recursive: true, force: true })
  }
}
