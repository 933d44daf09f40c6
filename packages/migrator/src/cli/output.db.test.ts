import { createTestDatabase } from '@techfacts/postgres/testing'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { mikroOrmProject } from '../mikro-orm/project.ts'
import { migrate } from '../testing/cli.ts'
import { recordExpectedCatalogs } from '../testing/expected-catalogs.ts'
import { query } from '../testing/query.ts'
import { installReport } from '../testing/report-stand-in.ts'
import { scratchProject } from '../testing/scratch-project.ts'
import { validateOutput } from '../testing/validate-output.ts'
import type { Output } from './output.ts'

// `migrate` compares with the schema whatever a test of any file prints with --json. Here each command is run.
test('what each command prints with --json is what the schema says', async () => {
  await using database = await createTestDatabase()
  const project = await scratchProject(MIGRATIONS)
  const printed = new Set<string>()
  const run = async (command: keyof Output, args: readonly string[] = [], url = database.url) => {
    const line = [...command.split(' '), ...args, '--json', '--config', project.config]
    const { stdout, stderr } = await migrate(line, { DATABASE_URL: url })
    expect(stderr).toBe('')
    const json = JSON.parse(stdout)
    printed.add(Object.hasOwn(json, 'error') ? 'error' : command)
    return json
  }
  await installReport(project)
  try {
    for (const step of STEPS) await step({ run, url: database.url, config: project.config })
  } finally {
    await project.drop()
  }
  const schema = JSON.parse(await readFile(SCHEMA, 'utf8'))
  expect([...printed].toSorted()).toEqual(Object.keys(schema.properties).toSorted())
})

test('output that is not what the schema says is found', () => {
  expect(() => validateOutput('status', '{"migrations":[],"pending":"0"}')).toThrow('pending')
  expect(() => validateOutput('status', '{"migrations":[],"pending":0,"more":1}')).toThrow('more')
  expect(() => validateOutput('archive list', '[{"id":1}]')).toThrow('required')
})

const SCHEMA = join(import.meta.dirname, '../../output.schema.json')

const MIGRATIONS = {
  Migration1_tables: {
    up: ['create table a (n int primary key, t text)', `insert into a values (1, 'x')`],
    down: ['drop table a'],
    members: `requires() { return [{ query: 'select 0 as none', says: 'Never.' }] }`,
  },
  Migration2_index: {
    up: ['create index concurrently i on a (n)'],
    down: ['drop index concurrently i'],
    members: 'isTransactional() { return false }',
  },
  Migration3_not_null: {
    up: ['alter table a alter t set not null'],
    down: ['alter table a alter t drop not null'],
  },
  Migration4_do: { up: ['do $$ begin raise notice $n$said$n$; end $$'], down: ['select 1'] },
  Migration5_backfill: {
    up: [],
    down: ['select 1'],
    members: `backfill() { return { table: 'a', set: { t: "'y'" }, remains: "t <> 'y'" } }`,
  },
}

type Step = (given: {
  run: (
    command: keyof Output,
    args?: readonly string[],
    url?: string,
  ) => Promise<{ readonly id: string }[]>
  url: string
  config: string
}) => Promise<unknown>

const STEPS: readonly Step[] = [
  ({ run }) => run('status'),
  ({ run }) => run('check'),
  ({ run }) => run('lint'),
  ({ run }) => run('plan'),
  ({ run }) => run('plan', [], ''),
  ({ run }) => run('plan', ['--sql']),
  ({ run }) => run('create', ['--blank', 'empty']),
  ({ run }) => run('create', ['--undo']),
  ({ run }) => run('create'),
  async ({ run, config }) => {
    const git = (...args: string[]) => promisify(execFile)('git', args, { cwd: dirname(config) })
    await git('init', '-q')
    await git('add', '-A')
    await git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-qm', 'all')
    await run('rebase', ['--onto', 'HEAD'])
  },
  ({ run }) => run('release', ['1.0']),
  ({ run }) => run('hash'),
  ({ run }) => run('hash', ['--check']),
  ({ run, url }) => run('verify', ['Migration3', '--scratch-url', url]),
  ({ run, url }) => run('verify', ['--onto', 'HEAD', '--scratch-url', url]),
  ({ run }) => run('up', ['--dry-run']),
  ({ run }) => run('up', ['Migration2']),
  ({ run }) => run('plan', ['--down']),
  ({ run }) => run('down', ['base', '--yes']),
  async ({ run }) => run('archive restore', [(await run('archive list'))[0]?.id ?? '']),
  ({ url }) => query(url, 'drop table a'),
  ({ run }) => run('up', ['Migration2']),
  ({ run }) => run('seed'),
  ({ run }) => run('start'),
  ({ run }) => run('history'),
  ({ run, url }) => run('diff', [url, url]),
  ({ run, url }) => run('erd', [url]),
  ({ run }) => run('repair'),
  ({ run }) => run('reset'),
  ({ run }) => run('archive purge', ['--older-than', '0d']),
  ({ run, url }) => run('grant', [`role_${new URL(url).pathname.slice(-8)}`]),
  async ({ run, url, config }) => {
    await query(url, 'alter table a add by_hand int')
    await run('diff', [url, url])
    await run('up')
    await run('check')
    await run('up', ['--allow-drift', 'test'])
    await query(url, `update migrator.backfills set state = 'running', is_walked = false`)
    await run('backfill pause')
    await run('backfill resume')
    await run('backfill run')
    await run('backfill status')
    await query(
      url,
      'alter table a drop by_hand; drop schema migrator cascade; drop table mikro_orm_migrations',
    )
    await run('adopt', ['--plan'])
    await recordExpectedCatalogs(mikroOrmProject(config))
    await run('adopt', ['--plan'])
    await run('adopt', ['--yes'])
  },
  ({ run, url }) => run('squash', ['--until', 'Migration3', '--scratch-url', url]),
]
