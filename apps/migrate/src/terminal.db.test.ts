import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate } from './testing/cli.ts'
import { scratchProject, type ScratchProject } from '@techfacts/migrator/testing'
import { HAS_TERMINAL, migrateOnTerminal } from './testing/terminal.ts'
import { emptyAgain } from './trials/chain.ts'

const LONG = `Migration1_${'a_name_that_is_longer_than_the_terminal_is_wide_'.repeat(3)}`

let database: TestDatabase
let project: ScratchProject
let env: Record<string, string>

beforeAll(async () => {
  database = await createTestDatabase()
  project = await scratchProject({
    [LONG]: { up: ['create table a (n int)'], down: ['drop table a'] },
    Migration2_slow: { up: ['select pg_sleep(1.3)'], down: ['select 1'] },
  })
  env = { DATABASE_URL: database.url, MIGRATE_CONFIG: project.config }
})

afterAll(async () => {
  await Promise.all([database.drop(), project.drop()])
})

/** What was drawn, line by line, each state of the moving one by itself; without what draws it. */
function drawn(screen: string): string[] {
  return stripVTControlCharacters(screen).split(/[\r\n]+/)
}

describe.skipIf(!HAS_TERMINAL)('on a terminal', () => {
  test('each segment has a line with its time, cut to the width, and the cursor comes back', async () => {
    const { exit, screen } = await migrateOnTerminal(
      ['up'],
      { ...env, NO_COLOR: '1' },
      { columns: 50 },
    )
    expect(exit).toBe(0)
    const lines = drawn(screen)
    const progress = lines.filter((line) => /^[·✓✗]/.test(line))
    expect(Math.max(...progress.map((line) => line.length))).toBe(49)
    expect(lines).toContainEqual(expect.stringMatching(/^· Migration2_slow 1\/1 {2}1\.\d s$/))
    expect(lines).toContainEqual(expect.stringMatching(/^✓ Migration2_slow 1\/1 {2}1\.\d s$/))
    expect(lines).toContain('2 migrations applied.')
    expect(screen.lastIndexOf('[?25h')).toBeGreaterThan(screen.lastIndexOf('[?25l'))
    expect(screen).not.toMatch(/\[3\dm/)
  })

  test('Ctrl-C ends the run as it always did, and the cursor comes back', async () => {
    await emptyAgain(database.url)
    const at = { columns: 80, interruptAt: /slow 1\/1/ }
    const { exit, screen } = await migrateOnTerminal(['up'], env, at)
    expect(exit).toBe(130)
    expect(drawn(screen)).toContainEqual(expect.stringMatching(/^✗ Migration2_slow 1\/1/))
    expect(screen).not.toContain('migrations applied')
    expect(screen.lastIndexOf('[?25h')).toBeGreaterThan(screen.lastIndexOf('[?25l'))
    expect(screen).toContain('\u{1B}[31m✗')
  })

  test('with CI set it writes a log', async () => {
    await emptyAgain(database.url)
    const { screen } = await migrateOnTerminal(['up'], { ...env, CI: 'true' }, { columns: 50 })
    expect(screen).toContain('Migration2_slow: applying')
    expect(screen).not.toContain('\u{1B}')
  })
})

test(
  'a log has plain lines; JSON has standard output for itself, and standard error is empty',
  { tags: 'long' },
  async () => {
    await emptyAgain(database.url)
    const up = await migrate(['up'], env)
    expect(up.stderr).toMatch(
      /^Migration1_.*: applying\nMigration2_slow: applying\nMigration2_slow: segment 1 of 1 done in \d+\.\d s\n$/,
    )
    expect(up.stdout + up.stderr).not.toMatch(/[^\P{Cc}\n]/u)
    const down = await migrate(['down', 'base', '--json'], env)
    expect(down.stderr).toBe('')
    expect(JSON.parse(down.stdout)).toMatchObject({ direction: 'down' })
  },
)
