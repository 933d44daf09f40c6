import { createTestDatabase, briefly, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commandLine, type NextStep } from '../errors/next-step.ts'
import type { Finding } from '../inspect/finding.ts'
import { mikroOrmProject } from '../mikro-orm/project.ts'
import { hashProject } from '../project/hash.ts'
import { migrate } from '../testing/cli.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { query } from '../testing/query.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

/** What `check` advises is followed, step by step, until nothing is wrong. */

const table = (name: string) => ({
  up: [`create table ${name} (n int)`],
  down: [`drop table ${name}`],
})

let project: ScratchProject
let database: TestDatabase

beforeEach(async () => {
  project = await scratchProject({ Migration2_two: table('two'), Migration4_four: table('four') })
  database = await createTestDatabase()
  await sql(
    `do $$ begin execute format('alter database %I set "migrator.disposable" = off', current_database()); end $$`,
  )
  await cli('up')
})

afterEach(async () => {
  await project.drop()
  await database.drop()
})

const sql = (text: string) => query(database.url, text)
const cli = (...args: readonly string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: database.url })

async function findings(): Promise<Finding[]> {
  await hashProject(mikroOrmProject(project.config))
  await recordExpectedCatalogs(mikroOrmProject(project.config))
  const found: Finding[] = JSON.parse((await cli('check', '--json')).stdout).findings
  return found.filter(({ exit }) => exit !== 'done')
}

/** Steps that change something; the others only show. */
function actions(next: readonly NextStep[] = []): NextStep[] {
  return next.filter(
    (step) =>
      !('command' in step) || step.command === 'up' || step.command === 'down' || step.options,
  )
}

async function follow(step: NextStep): Promise<string> {
  if ('sql' in step) {
    await sql(step.sql)
    return 'sql'
  }
  if (!('command' in step)) throw new Error(`${step.setting} is no action`)
  const { command, args = [], options = {} } = step
  const flags = Object.keys(options).flatMap((name) => {
    const [, flag = '', value = ''] =
      /(--\S+) ?(.*)/.exec(
        commandLine('', { command, options: { [name]: options[name] ?? true } }),
      ) ?? []
    return value === '' ? [flag] : [flag, value]
  })
  const { exit, stderr } = await cli(command, ...args, ...flags)
  expect([exit, stderr]).toEqual([0, expect.anything()])
  return [command, ...args].join(' ')
}

/** Follows the first action of the first finding that has one, until nothing is wrong. */
async function walkOut(): Promise<string[]> {
  const steps: string[] = []
  for (let found = await findings(); found.length > 0; found = await findings()) {
    expect(steps.length).toBeLessThan(6)
    const [step] = found.flatMap(({ next }) => actions(next))
    if (!step) throw new Error(`No way out of: ${JSON.stringify(found)}`)
    steps.push(await follow(step))
  }
  return steps
}

/** Applies a migration of a newer build, whose file is then gone. */
async function applyNewer(): Promise<void> {
  await project.write('Migration5_newer', table('five'))
  await findings()
  await cli('up')
  await project.remove('Migration5_newer')
}

const THEIRS = `insert into mikro_orm_migrations (name) values ('Migration9_theirs'), ('Migration9_it''s')`

test.each(
  briefly([
    ['another tool has recorded a migration', () => sql(THEIRS), ['sql']],
    ['a newer build has applied one', applyNewer, ['down head']],
    [
      'both',
      async () => {
        await applyNewer()
        await sql(THEIRS)
      },
      ['sql', 'down head'],
    ],
    [
      'the ledger lacks one',
      () => sql(`delete from mikro_orm_migrations where name = 'Migration2_two'`),
      ['repair Migration2_two'],
    ],
    [
      'one is pending before another that is applied',
      () => project.write('Migration3_three', table('three')),
      ['down Migration2_two', 'up'],
    ],
  ]),
)('where %s check has one way out, and it leads out', async (_, breakIt, steps) => {
  await breakIt()
  const [first, ...more] = await findings()
  expect(first?.about).toBe('ledger')
  expect(more.flatMap(({ next }) => actions(next))).toEqual([])
  expect(await walkOut()).toEqual(steps)
})
