import { execFileSync } from 'node:child_process'
import { inTurn } from '@techfacts/postgres/testing'
import { expect, inject, test } from 'vitest'
import { hasPgDump } from '../catalog/tests/dump.ts'
import type { RunEvent } from '../events.ts'
import type { Project } from '../project/project.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { startOwnServer } from '../testing/own-server.ts'
import { query } from '../testing/query.ts'
import { useWayBack } from '../testing/way-back.ts'
import { purgeArchive } from './manage.ts'

const way = useWayBack()

interface Taking {
  readonly given: string
  readonly up: string
  readonly down: string
  /** The migration after it, which is reverted with it. */
  readonly later?: { readonly up: string; readonly down: string }
  readonly work: string
  /** After it was reverted; in a copy, there. */
  readonly newer: string
  readonly read: string
  /** What is there after `up` in a copy that was made row by row, and what its archive has. */
  readonly copied: Readonly<Record<'nobody' | 'newer', readonly string[]>>
  readonly kept: readonly string[]
}

const SEEDS = `insert into t values (11, 's11'), (12, 's12')`
const T = 'create table t (id int primary key, v text)'
const ROWS = `select concat_ws(' ', id, v) as row from t order by 1`
const SEEDED = {
  given: T,
  up: SEEDS,
  down: 'delete from t',
  work: `update t set v = 'edited' where id = 11; insert into t values (13, 'mine')`,
  newer: `insert into t values (13, 'NEW'), (30, 'NEW30')`,
  read: ROWS,
}

/** By the kinds of entries. */
const TAKINGS: Readonly<Record<string, Taking>> = {
  rows: {
    ...SEEDED,
    copied: { nobody: ['11 s11', '12 s12'], newer: ['11 s11', '12 s12', '13 NEW', '30 NEW30'] },
    kept: ['rows t 2'],
  },
  'rows without a key': {
    ...SEEDED,
    given: 'create table t (id int, v text)',
    copied: { nobody: ['11 s11', '12 s12'], newer: ['11 s11', '12 s12', '13 NEW', '30 NEW30'] },
    kept: ['rows t 2'],
  },
  table: {
    ...SEEDED,
    given: 'select 1',
    up: `${T}; ${SEEDS}`,
    down: 'drop table t',
    newer: 'select 1',
    copied: {
      nobody: ['11 edited', '12 s12', '13 mine'],
      newer: ['11 edited', '12 s12', '13 mine'],
    },
    kept: [],
  },
  values: {
    given: `${T}; insert into t values (1, 'v1'), (2, 'v2')`,
    up: 'alter table t add n text',
    down: 'alter table t drop n',
    work: 'update t set n = id',
    newer: `update t set v = 'NEW' where id = 2`,
    read: `select concat_ws(' ', id, v, n) as row from t order by 1`,
    copied: { nobody: ['1 v1', '2 v2'], newer: ['1 v1', '2 NEW'] },
    kept: ['values t 2'],
  },
  references: {
    given: `create table l (id int primary key, v text); ${T}; insert into t values (1, 'v1'), (2, 'v2')`,
    up: `insert into l values (1, 'one'), (2, 'two'); alter table t add l int references l`,
    down: 'alter table t drop l; delete from l',
    work: `update t set l = id; update l set v = 'mine' where id = 1; insert into l values (3, 'three')`,
    newer: `insert into l values (3, 'NEW'), (30, 'NEW30')`,
    read: `select concat_ws(' ', l.id, l.v, t.id) as row from l left join t on t.l = l.id order by 1`,
    copied: { nobody: ['1 one', '2 two'], newer: ['1 one', '2 two', '3 NEW', '30 NEW30'] },
    kept: ['rows l 2', 'values t 2'],
  },
  'values of rows that the archive has': {
    given: 'select 1',
    up: `${T}; ${SEEDS}`,
    down: 'drop table t',
    later: { up: 'alter table t add n text', down: 'alter table t drop n' },
    work: `update t set n = 'n' || id`,
    newer: 'select 1',
    read: `select concat_ws(' ', id, v, n) as row from t order by 1`,
    copied: { nobody: ['11 s11 n11', '12 s12 n12'], newer: ['11 s11 n11', '12 s12 n12'] },
    kept: [],
  },
}

const STRANGER = `create table x (id int primary key, v text, n text, l int)`

/** Reverts migrations, which takes away something of a user's. */
async function take(name: string): Promise<{ taking: Taking; project: Project }> {
  const taking = TAKINGS[name]
  if (!taking) throw new Error(name)
  await way.sql(`${taking.given}; ${STRANGER}; insert into x values (1, 'x1')`)
  const { later = { up: 'select 1', down: '' } } = taking
  const project = await way.project({ M1: { up: 'select 1', down: '' }, M2: taking, M3: later })
  await way.up(project)
  await way.sql(taking.work)
  await way.down(project, 'M1')
  return { taking, project }
}

/** Applies them again, somewhere. */
async function goUp(url: string, { taking, project }: Awaited<ReturnType<typeof take>>) {
  const events: RunEvent[] = []
  const target = databaseTarget(url, { onEvent: (event) => events.push(event) })
  await run(project, target, { direction: 'up', target: 'head' })
  const strangers = await query(url, 'select id, v from x')
  expect(strangers).toEqual([{ id: 1, v: 'x1' }])
  const rows = await query<{ row: string }>(url, taking.read)
  const kept = await query<{ entry: string; note: string }>(
    url,
    `select concat_ws(' ', kind, "table", rows) as entry, note from migrator_archive.entries order by 1`,
  )
  return {
    rows: rows.map(({ row }) => row),
    kept: kept.map(({ entry }) => entry),
    notes: kept.map(({ note }) => note),
    restored: events.flatMap((event) => (event.type === 'restored' ? event.returned : [])),
  }
}

const CASES = Object.keys(TAKINGS).flatMap((name) =>
  (['nobody', 'newer'] as const).map((writes) => ({ name, writes })),
)

test.each(inTurn(CASES))(
  'in a copy of the files of a database the archive restores as in the database itself: $name, $writes',
  async ({ name, writes }) => {
    const taken = await take(name)
    const url = new URL(way.url())
    const database = url.pathname.slice(1)
    url.pathname = '/postgres'
    await query(url.href, `create database "${database}_copy" template "${database}"`)
    const copy = new URL(url)
    copy.pathname = `/${database}_copy`
    try {
      const newer = writes === 'newer' ? taken.taking.newer : 'select 1'
      for (const one of [way.url(), copy.href]) await query(one, newer)
      expect(await goUp(copy.href, taken)).toEqual(await goUp(way.url(), taken))
    } finally {
      await query(url.href, `drop database "${database}_copy" with (force)`)
    }
  },
)

/** How a database comes to another place. `isOne`: in one transaction, so that all rows have one version. */
const COPIES = [
  { how: 'psql', isOne: false },
  { how: 'psql in one transaction', isOne: true },
]

const COPIED = CASES.flatMap((one) => COPIES.map((copy) => ({ ...one, ...copy })))

const major = inject('postgresMajor') ?? 18

test.skipIf(!hasPgDump(major)).each(inTurn(COPIED))(
  'in a copy of the rows of a database nothing is restored by the numbers of the other: $name, $writes, by $how',
  async ({ name, writes, isOne }) => {
    const taken = await take(name)
    await inCopy(isOne, async (url) => {
      // By chance: numbers begin at 16384 in each cluster.
      await query(
        url,
        `update migrator_archive.entries set facts = jsonb_set(facts, '{table}', to_jsonb('x'::regclass::oid::text))`,
      )
      if (writes === 'newer') await query(url, taken.taking.newer)
      const { rows, kept, notes } = await goUp(url, taken)
      expect({ rows, kept }).toEqual({
        rows: taken.taking.copied[writes],
        kept: taken.taking.kept,
      })
      for (const note of notes) expect(note).toContain('the database is a copy of the one')
    })
  },
)

/** Lends `work` a copy of the rows in another server. */
async function inCopy(isOne: boolean, work: (url: string) => Promise<void>): Promise<void> {
  const server = await startOwnServer({})
  try {
    copyRows(way.url(), server.url, isOne)
    await work(server.url)
  } finally {
    await server.close()
  }
}

function copyRows(from: string, to: string, isOne: boolean): void {
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  const dump = execFileSync('pg_dump', ['--no-owner', from], options)
  const how = ['-qX', '-v', 'ON_ERROR_STOP=1', ...(isOne ? ['-1'] : [])]
  execFileSync('psql', [...how, to], {
    ...options,
    input: dump,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
}

test.skipIf(!hasPgDump(major))(
  'what is taken in a copy is restored there as anywhere',
  async () => {
    const { project } = await take('rows')
    await inCopy(false, async (url) => {
      await query(
        url,
        `do $$ begin execute format('alter database %I set "migrator.disposable" = on', current_database()); end $$`,
      )
      const go = (direction: 'up' | 'down', target: string) =>
        run(project, databaseTarget(url), { direction, target })
      await go('up', 'head')
      await query(url, `update t set v = 'again' where id = 12`)
      await go('down', 'M1')
      await go('up', 'head')
      expect(await query(url, ROWS)).toEqual([{ row: '11 s11' }, { row: '12 again' }])
      expect(await query(url, 'select kind, rows::int from migrator_archive.entries')).toEqual([
        { kind: 'rows', rows: 2 },
      ])
    })
  },
)

test.skipIf(!hasPgDump(major))(
  'in a copy no row is purged while an entry may be of a table that was renamed',
  async () => {
    const { project } = await take('values')
    await inCopy(false, async (url) => {
      const purge = (table: string) =>
        purgeArchive(project, databaseTarget(url), {
          ids: [],
          rows: { table, column: 'id', value: '1' },
          yes: true,
        })
      await query(url, 'alter table t rename to u')
      await expect(purge('u')).rejects.toThrow(/another name in this copy/)
      await query(url, 'alter table u rename to t')
      expect((await purge('t')).map(({ rows }) => rows)).toEqual(['1'])
    })
  },
)
