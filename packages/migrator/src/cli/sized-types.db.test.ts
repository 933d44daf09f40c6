import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { scratchProject } from '../testing/scratch-project.ts'

/*
 * A snapshot has lengths that no entity names, and loses others. What the entities say reaches the database all the same,
 * and comes back.
 */

/** Types that differ in their lengths; each becomes the next of its list. */
const TYPES = [
  ['timestamptz', 'timestamptz(6)', 'timestamptz(3)', 'timestamp(6)', 'timestamp(0)', 'timestamp'],
  ['time', 'time(6)', 'time(0)', 'timetz', 'timetz(6)', 'timetz(3)'],
  ['interval', 'interval(6)', 'interval year', 'interval(3)', 'interval day to second(3)'],
  ['numeric', 'numeric(10,0)', 'numeric(8)', 'numeric(8,2)'],
  ['varchar', 'varchar(255)', 'varchar(20)', 'char', 'char(7)'],
  ['bit', 'bit(5)', 'varbit', 'bit varying(5)'],
  ['varchar(10)[]', 'varchar[]', 'char(3)[]', 'varchar(20)[]'],
  ['numeric(8,2)[]', 'numeric[]', 'numeric(8)[]'],
  ['timestamptz(3)[]', 'timestamptz[]', 'timestamp(6)[]'],
  ['interval[]', 'interval(3)[]'],
  ['bit(3)[]', 'varbit(3)[]'],
]

const COLUMNS = TYPES.flatMap((list, l) =>
  list.map((type, n) => ({ name: `c${l}_${n}`, type, next: list[(n + 1) % list.length] ?? '' })),
)

const properties = (typeOf: (column: (typeof COLUMNS)[number]) => string) =>
  COLUMNS.map((one) => `${one.name}: p.string().columnType('${typeOf(one)}').nullable()`).join(', ')

const [OLD, NEW] = [properties(({ type }) => type), properties(({ next }) => next)]
const REST = 'a: p.text().nullable()'
/** Of one table types change; another one loses its columns, and one is gone. */
const BEFORE = { job: OLD, note: `${OLD}, ${REST}`, gone: OLD }
const AFTER = { job: NEW, note: REST }
const DROPS = ['gone', ...COLUMNS.map(({ name }) => `note.${name}`)]

async function run(url: string, config: string, ...args: string[]): Promise<string> {
  const ended = await migrate([...args, '--config', config], { DATABASE_URL: url })
  expect([args[0] === 'diff' || ended.exit === 0, ended.stderr]).toEqual([true, expect.anything()])
  return ended.stdout
}

test(
  'every length of a type comes and goes, and comes back with its column and with its table',
  { tags: 'long' },
  async () => {
    await using work = await createTestDatabase()
    await using before = await createTestDatabase()
    await using after = await createTestDatabase()
    const [project, fresh] = [await scratchProject({}), await scratchProject({})]
    const differences = (url: string) =>
      run(work.url, project.config, 'diff', work.url, url, '--json').then(JSON.parse)
    try {
      await writeEntities(project.config, BEFORE)
      const first = await run(work.url, project.config, 'create', 'first', '--json')
      for (const { url } of [work, before]) await run(url, project.config, 'up')
      await writeEntities(project.config, AFTER)
      const answers = DROPS.flatMap((name) => ['--drop', name])
      await run(work.url, project.config, 'create', 'second', ...answers)
      await run(work.url, project.config, 'up', '--yes')
      expect(await run(work.url, project.config, 'create')).toMatch(/Nothing has changed/)
      await writeEntities(fresh.config, AFTER)
      await run(after.url, fresh.config, 'create', 'first')
      await run(after.url, fresh.config, 'up')
      expect(await differences(after.url)).toEqual([])
      await run(work.url, project.config, 'down', JSON.parse(first).name, '--yes')
      expect(await differences(before.url)).toEqual([])
    } finally {
      await Promise.all([project.drop(), fresh.drop()])
    }
  },
)
