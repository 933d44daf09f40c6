import { isSoak } from '@techfacts/postgres/testing'
import { databaseTarget, run } from '@techfacts/migrator'
import { sqlProject, type SqlMigration } from '@techfacts/migrator/testing'
import { startServer, type Server } from '@techfacts/postgres'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { query, withClient } from './chain.ts'
import { journalProblems } from './journal.ts'

const CRASHES = isSoak ? 200 : 1
/** A run gives up at the fifth session that it loses. */
const CRASHES_OF_A_RUN = 3
const LONGEST_MS = 1200
const TIMEOUT_MS = 3_600_000

/** Nearly all of them commit without waiting for the disk; those that count their work do not. */
const NAMES = Array.from({ length: 90 }, (_, n) => `Migration${100 + n}`)

function migration(name: string, n: number): SqlMigration {
  if (n % 30 === 7) return { up: `create index concurrently ${name}_id on migration100 (id)` }
  if (n % 10 === 5) return { up: `insert into counter values ('${name}')` }
  return { up: `create table ${name} (id int primary key, v text)` }
}

/** PostgreSQL writes nothing by itself for a while, so a crash loses all that nobody has waited for. */
const SETTINGS = { fsync: 'off', wal_writer_delay: '10s', autovacuum: 'off' }

async function crash(server: Server): Promise<void> {
  const [row] = await query(
    server.url,
    `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid`,
  )
  process.kill(Number(row?.['pid']), 'SIGQUIT')
  await server.lost
}

test(
  'a server that crashes at any moment loses nothing that was reported, and nothing is done twice or by half',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'migrate-crashes-'))
    const major = inject('postgresMajor') ?? 18
    let server = await startServer({ folder, major, settings: SETTINGS })
    const port = new URL(server.url).port
    const project = await sqlProject(
      Object.fromEntries(NAMES.map((name, n) => [name, migration(name, n)])),
    )
    let [runs, crashes] = [0, 0]
    try {
      for (; crashes < CRASHES; runs += 1) {
        const url = await createDatabase(server.url, `trial_${runs}`)
        const reported: string[] = []
        let isOver = false
        const running = run(
          project,
          databaseTarget(url, {
            onEvent: (event) => {
              if (event.type === 'migration-done') reported.push(event.migration)
            },
          }),
          { direction: 'up', target: 'head' },
        ).finally(() => (isOver = true))
        const crashing = (async () => {
          for (let n = 0; n < CRASHES_OF_A_RUN; n += 1) {
            await sleep(Math.random() * LONGEST_MS)
            if (isOver) return n
            await crash(server)
            server = await startServer({ folder, major, settings: { ...SETTINGS, port } })
          }
          return CRASHES_OF_A_RUN
        })()
        const [result, count] = await Promise.all([running, crashing])
        crashes += count
        // What was reported and lost would have been done, and reported, once more.
        expect(reported).toEqual(NAMES.filter((name) => reported.includes(name)))
        expect(result.migrations.map(({ name }) => name)).toEqual(reported)
        // A crash may take the answer to a commit with it: that one is done, and nobody said so.
        expect(NAMES.length - reported.length).toBeLessThanOrEqual(CRASHES_OF_A_RUN)
        expect(await problems(url)).toEqual([])
      }
      if (isSoak) console.log(`${crashes} crashes of the server in ${runs} runs, nothing lost`)
    } finally {
      await project.drop()
      await server.stop().catch(() => {})
      await rm(folder, { recursive: true, force: true })
    }
  },
  TIMEOUT_MS,
)

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await withClient(serverUrl, (client) => client.query(`create database ${name}`))
  await query(url.href, 'create table counter (name text not null)')
  return url.href
}

async function problems(url: string): Promise<string[]> {
  const ledger = await query(url, 'select name from mikro_orm_migrations order by id')
  const counted = await query(url, 'select name from counter order by name')
  const tables = await query(
    url,
    `select relname from pg_class where relkind = 'r' and relname ~ '^migration'`,
  )
  const indexes = await query(
    url,
    `select indisvalid from pg_index where indrelid = 'migration100'::regclass`,
  )
  const counting = NAMES.filter((_, n) => n % 10 === 5)
  const concurrent = NAMES.filter((_, n) => n % 30 === 7).length
  return [
    ...(await journalProblems(url, 'up', NAMES)),
    ...(ledger.map(({ name }) => name).join() === NAMES.join() ? [] : ['the ledger is another']),
    ...(counted.map(({ name }) => name).join() === counting.join() ? [] : ['rows are another']),
    ...(tables.length === NAMES.length - counting.length - concurrent ? [] : ['tables are others']),
    ...(indexes.length === concurrent + 1 && indexes.every(({ indisvalid }) => indisvalid === true)
      ? []
      : ['indexes are others']),
  ]
}
