import { briefly, createTestDatabase } from '@techfacts/postgres/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { query } from '../testing/query.ts'
import { createRole } from '../testing/roles.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'
import { nothingInTheWay } from './copy-checks.ts'

/* What a copy of a column would lose, or what would stop it in the middle, stops the run before it begins. */

let project: ScratchProject
let url: string
let drop: () => Promise<void>

beforeEach(async () => {
  const database = await createTestDatabase()
  ;[project, url, drop] = [await scratchProject({}), database.url, () => database.drop()]
})
afterEach(async () => {
  await project.drop()
  await drop()
})

const run = (...args: string[]) =>
  migrate([...args, '--config', project.config], { DATABASE_URL: url })

/** Runs a change of types, where something was made by hand before. */
async function refused(before: string, after: string, byHand: string) {
  await writeEntities(project.config, { job: before })
  await run('create', 'first')
  expect((await run('up')).exit).toBe(0)
  await query(url, byHand)
  await writeEntities(project.config, { job: after })
  await run('create', 'second')
  return run('up', '--yes', '--allow-drift', 'a test')
}

const column = (type: string) => `a: p.${type}().nullable().index().check('a > 0')`

const trigger = (name: string, when: string) =>
  `create function touch() returns trigger language plpgsql as 'begin return new; end';
   create trigger ${name} before ${when} on job for each row execute function touch()`

describe('what would be lost, or run for each row, or stop the run in the middle', () => {
  // One project for all of them: only what is made by hand differs.
  let widening: ScratchProject
  const at = (to: string, ...args: string[]) =>
    migrate([...args, '--config', widening.config], { DATABASE_URL: to })
  const prepare = async (to: string) => {
    await writeEntities(widening.config, { job: column('integer') })
    await at(to, 'create', 'first')
    await at(to, 'up')
    await writeEntities(widening.config, { job: column('bigint') })
    await at(to, 'create', 'second')
  }

  beforeAll(async () => {
    widening = await scratchProject({})
  })
  afterAll(() => widening.drop())

  test.each(
    briefly([
      ['create table other (kept job, list job[])', 'row_types: 2'],
      [
        'create index by_hand on job (a); grant select (a) on job to public',
        'dependants: 1, rights: 1',
      ],
      ['alter table job alter a set statistics 500', 'settings: 1'],
      [trigger('touch', 'insert or update'), 'triggers: 1'],
      // The CHECK would refuse what it writes.
      [trigger('zzz', 'insert'), 'triggers: 1'],
      [trigger('zzz', 'update of id'), 'triggers: 1'],
      [`${trigger('zzz', 'insert')}; alter table job enable replica trigger zzz`, 'triggers: 1'],
      [
        'create table log (id int); create rule r as on update to job do also insert into log values (1)',
        'rules: 1',
      ],
      ['create table child () inherits (job)', 'children: 1'],
      ['create publication p for table job (id)', 'publications: 1'],
      ['create table job_a_index_new (a int)', 'names: 1'],
      ['alter table job add a_new int', 'names: 1'],
      ['alter table job add constraint job_a_check_new check (id > 0)', 'names: 1'],
      [`create function job_a_copied() returns int language sql as 'select 1'`, 'names: 1'],
      [
        `do $$ begin execute (select 'alter table job ' || string_agg('add x' || i || ' int', ', ') from generate_series(1, 1598) i); end $$`,
        'full: 1',
      ],
    ]),
  )('%s', async (byHand, found) => {
    await using database = await createTestDatabase({ prepare })
    await query(database.url, byHand)
    const { exit, stderr } = await at(database.url, 'up', '--yes', '--allow-drift', 'a test')
    expect([exit, stderr]).toEqual([3, expect.stringContaining(`(${found})`)])
    const ours = 'select from pg_trigger where tgname ~ $$copied$$'
    expect(await query(database.url, ours)).toEqual([])
  })
})

test(
  "a trigger before the one that copies, at INSERT alone, is in nobody's way",
  { tags: 'long' },
  async () => {
    const columns = ['a: p.integer().nullable()', 'a: p.bigint().nullable()'] as const
    const { exit, stderr } = await refused(...columns, trigger('a_touch', 'insert'))
    expect([exit, stderr]).toEqual([0, expect.any(String)])
  },
)

test('two values that become the same one under a unique key stop the run before it begins', async () => {
  const { exit, stderr } = await refused(
    'b: p.text().unique()',
    'b: p.integer().unique()',
    `insert into job (b) values ('7'), ('007'), ('8')`,
  )
  expect([exit, stderr]).toEqual([3, expect.stringContaining('(duplicates: 1')])
})

test('policies that hide rows from the role that fills them stop the run', async () => {
  await query(url, 'create table job (id int primary key, a int)')
  const { query: text } = nothingInTheWay({
    table: 'job',
    column: 'a',
    indexes: [],
    constraints: [],
    makes: { column: 'b', function: 'f', trigger: 'zz', indexes: [], constraints: [] },
  })
  const role = await createRole(url)
  await query(url, `alter table job owner to ${role.name}`)
  expect(await query(role.url, text)).toMatchObject([{ policies: '0' }])
  await query(url, 'alter table job enable row level security, force row level security')
  expect(await query(role.url, text)).toMatchObject([{ policies: '1' }])
  await role.drop()
})
