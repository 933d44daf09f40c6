import { createTestDatabase, isSoak, onEveryMajor } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { migrate, type Ended } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'
import { dropped, FILL, readRows, tablesOf } from './tests/change-tables.ts'
import { CHANGES, type Change } from './tests/changes.ts'
import { listRefused } from './tests/refused.ts'

/*
 * Whatever changes in the entities: `create` writes it, nothing in it is refused, it runs on tables with rows, the database
 * is what the entities say then, and `down` makes it what it was. Each change has a table of its own, and many share a
 * project.
 */

const AT_ONCE = 60
/** A soak takes each. */
const STEP = isSoak ? 1 : onEveryMajor ? 60 : 240

/** Every batch has something of each family. */
function inBatches(): Change[][] {
  const chosen = CHANGES.filter((_, n) => n % STEP === 0)
  const count = Math.ceil(chosen.length / AT_ONCE)
  return Array.from({ length: count }, (_, batch) => chosen.filter((_, n) => n % count === batch))
}

test.each(inBatches().map((changes, n) => [n + 1, changes.length, changes] as const))(
  'batch %d of changes: %d tables',
  async (_, __, changes) => {
    await using work = await createTestDatabase()
    await using before = await createTestDatabase()
    await using after = await createTestDatabase()
    const [project, fresh] = [await scratchProject({}), await scratchProject({})]
    const run = (...args: string[]) => at(work.url, project.config, ...args)
    try {
      await writeEntities(project.config, tablesOf(changes, 'before'))
      const [base] = namesOf(done(await run('create', 'first', '--json')))
      done(await run('up'))
      done(await at(before.url, project.config, 'up'))
      await query(work.url, FILL)
      const held = await readRows(work.url, changes)

      await writeEntities(project.config, tablesOf(changes, 'after'))
      const scratch = ['--scratch-url', work.url]
      const created = done(await run('create', 'second', '--json', ...dropped(changes), ...scratch))
      expect(JSON.parse(created).schema.entities).toEqual({ unmade: [] })
      const [first, ...others] = namesOf(created)
      const { stdout } = await run('lint', first, ...others, '--json')
      expect(listRefused(stdout)).toEqual([])
      done(await run('up'))
      await writeEntities(fresh.config, tablesOf(changes, 'after'))
      done(await at(after.url, fresh.config, 'create', 'first'))
      done(await at(after.url, fresh.config, 'up'))
      expect(differences(await run('diff', work.url, after.url, '--json'))).toEqual([])
      done(await run('down', base, '--yes'))
      expect(differences(await run('diff', work.url, before.url, '--json'))).toEqual([])
      expect(await readRows(work.url, changes)).toEqual(held)
    } finally {
      await Promise.all([project.drop(), fresh.drop()])
    }
  },
)

/** What was created, in the order in which it runs. */
function namesOf(created: string): [string, ...string[]] {
  const { name, others = [] }: { name: string; others?: { name: string }[] } = JSON.parse(created)
  return [name, ...others.map((one) => one.name)]
}

function differences({ stdout }: Ended): string[] {
  const found: { what: string; kind: string; identity: string }[] = JSON.parse(stdout)
  return found.map(({ what, kind, identity }) => `${what} ${kind} ${identity}`)
}

const at = (url: string, config: string, ...args: string[]) =>
  migrate([...args, '--config', config], { DATABASE_URL: url })

function done({ exit, stdout, stderr }: Ended): string {
  expect([exit, exit === 0 ? '' : stdout + stderr]).toEqual([0, ''])
  return stdout
}
