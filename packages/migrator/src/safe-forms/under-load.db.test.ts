import { createTestDatabase, inTurn, isSoak } from '@techfacts/postgres/testing'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, inject, test } from 'vitest'
import { diffCatalogs } from '../catalog/index.ts'
import { KnownObjects } from '../known/known-objects.ts'
import { run } from '../run/index.ts'
import { parseSql } from '../sql/parse.ts'
import { databaseTarget } from '../session/database-target.ts'
import { readSchema } from '../testing/database.ts'
import { query } from '../testing/query.ts'
import { sqlProject } from '../testing/sql-project.ts'
import { writeSafely } from './index.ts'
import { CHANGES } from './tests/loaded-forms.ts'

/**
 * Eight clients use a table while it is changed: by the form that is generated, by the naive one, and by the best one by
 * hand. How long the worst of them waited is printed; what is asserted is that each ends at the same schema and fails
 * nobody. The suite takes a small table, for whose times nobody waits; the soak one of 2,000,000 rows.
 */

const ROWS = isSoak ? 2_000_000 : 2_000

const GIVEN = `
  create table owner (id int primary key);
  insert into owner select generate_series(1, 1000);
  create table job (id int primary key, n int not null default 0, a int, b text, code varchar(40), owner_id int);
  insert into job select i, 0, i, 'b' || i, 'code ' || i, 1 + i % 1000 from generate_series(1, ${ROWS}) i`

async function filled(url: string): Promise<void> {
  await query(url, GIVEN)
  await query(url, 'vacuum (freeze, analyze)')
}

/** The worst stall of eight clients while `work` runs, in milliseconds, and the schema that it leaves. */
async function underLoad(work: (url: string) => Promise<void>) {
  await using database = await createTestDatabase({ prepare: filled })
  const { url } = database
  const script = fileURLToPath(new URL('tests/clients.ts', import.meta.url))
  const clients = fork(script, [url, 'job'])
  const ask = async (what: string): Promise<number> => {
    const answered = once(clients, 'message')
    clients.send(what)
    const [worst] = await answered
    return worst as number
  }
  try {
    await once(clients, 'message')
    await sleep(isSoak ? 1000 : 20)
    const usual = await ask('worst')
    await work(url)
    await sleep(50)
    const worst = await ask('worst')
    const ended = once(clients, 'exit')
    clients.send('stop')
    expect(await ended).toEqual([0, null])
    return { usual, worst, schema: await readSchema(url) }
  } finally {
    clients.kill()
  }
}

async function send(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const sql of statements) await client.query(sql)
  } finally {
    await client.end()
  }
}

async function generated(url: string, naive: string): Promise<void> {
  const { statements, requires, isTransactional } = await writeSafely(
    [naive],
    await knownOf(GIVEN),
    {
      mayCopy: true,
    },
  )
  const up = statements.map((sql) => sql.replace(/;?$/, ';')).join('\n')
  const project = await sqlProject({
    M1: { up, requires, down: '', transactional: isTransactional },
  })
  try {
    await run(project, databaseTarget(url), { direction: 'up', target: 'head', yes: true })
  } finally {
    await project.drop()
  }
}

async function knownOf(sql: string): Promise<KnownObjects> {
  const known = new KnownObjects()
  for (const { node } of await parseSql(sql)) known.learn(node)
  return known
}

test.each(inTurn(Object.keys(CHANGES)))('%s', async (name) => {
  const { naive = '', byHand = [] } = CHANGES[name] ?? {}
  const ours = await underLoad((url) => generated(url, naive))
  const short = await underLoad((url) => send(url, [naive]))
  const hand = await underLoad((url) => send(url, ['set lock_timeout = 50', ...byHand]))
  console.log(
    `PostgreSQL ${inject('postgresMajor') ?? 'as given'}, ${ROWS} rows, ${name}: worst stall of eight clients ${ours.worst} ms; ` +
      `naive ${short.worst} ms, best by hand ${hand.worst} ms; with nothing at work ${ours.usual} ms`,
  )
  expect(diffCatalogs(ours.schema, short.schema)).toEqual([])
  expect(diffCatalogs(hand.schema, short.schema)).toEqual([])
})
