import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { createRole, type TestRole } from '../testing/roles.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'
import { loadCommands } from './commands/index.ts'

let database: TestDatabase
let other: TestDatabase
let stranger: TestRole
let project: ScratchProject

beforeAll(async () => {
  database = await createTestDatabase()
  other = await createTestDatabase()
  stranger = await createRole(database.url)
  project = await scratchProject({
    Migration1: { up: ['create table a (n int)'], down: ['drop table a'] },
  })
  const env = { DATABASE_URL: database.url }
  await migrate(['up', '--config', project.config], env)
  await query(
    database.url,
    `create schema theirs authorization ${stranger.name};
     do $$ begin execute format('alter database %I set search_path = theirs, public', current_database()); end $$`,
  )
})

afterAll(async () => {
  await stranger.drop()
  await Promise.all([database.drop(), other.drop(), project.drop()])
})

/** With the arguments that it needs; undefined: it looks at no path, or needs a recorded schema first. */
const CALLS: Readonly<Record<string, readonly string[] | undefined>> = {
  create: undefined,
  hash: undefined,
  diff: undefined,
  erd: undefined,
  grant: undefined,
  adopt: undefined,
  lint: undefined,
  rebase: undefined,
  squash: undefined,
  release: undefined,
  verify: undefined,
  down: ['base', '--yes'],
  'archive restore': ['1'],
  'archive purge': ['1', '--yes'],
}

const commands = (await loadCommands()).flatMap((one) =>
  'commands' in one ? one.commands.map(({ name }) => `${one.name} ${name}`) : [one.name],
)

/** `migrate` throws where a command ends with what its help does not declare. */
test.each(commands.filter((command) => !(command in CALLS) || CALLS[command]))(
  'a schema of a stranger on the path ends %s with an exit code that its help declares',
  async (command) => {
    const args = [...command.split(' '), ...(CALLS[command] ?? []), '--config', project.config]
    const { exit, stderr } = await migrate(args, { DATABASE_URL: database.url })
    expect([exit, stderr]).toEqual([
      3,
      expect.stringContaining('The schema theirs is on the search path'),
    ])
  },
)

const SCRATCH = (await loadCommands())
  .flatMap((one) => ('commands' in one ? [] : [one]))
  .filter(({ options }) => options.some(({ long }) => long === '--scratch-url'))
  .map(({ name }) => name)

/** What a command needs besides, so that it comes to the server. */
const BESIDES: Readonly<Record<string, readonly string[]>> = {
  adopt: ['--yes'],
  create: ['other'],
  squash: ['--until', 'Migration1'],
}

test.each(SCRATCH)(
  'a scratch server that does not answer ends %s with an exit code that its help declares',
  async (command) => {
    const copy = await project.copy()
    const server = ['--scratch-url', 'postgres://nobody@127.0.0.1:1/x']
    const args = [command, ...(BESIDES[command] ?? []), ...server, '--config', copy.config]
    const { exit, stderr } = await migrate(args, { DATABASE_URL: other.url })
    await copy.drop()
    expect(exit).toBeGreaterThan(0)
    expect(stderr).not.toContain('Unexpected')
  },
)
