import { databaseTarget, run } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { createTestDatabase, onEveryMajor } from '@techfacts/postgres/testing'
import {
  listMoments,
  oneOfEach,
  randomFrom,
  recordMessages,
  sample,
  stopAt,
} from '@techfacts/trials'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { migratorWork, query, type Way } from './chain.ts'
import { KEEP_CONFIG } from './keep.ts'

/** Inside the repository, where MikroORM's packages are found. */
const HOME = fileURLToPath(new URL('../../.data/', import.meta.url))

const PARTS = ['M1', 'M2', 'M3']
const DONE = { up: ['M3_squash', 'M4'], down: ['M1'] } as const

/** The statements that put a squash in the place of its parts, or them in its. */
const SWAP = /rollup-recorded|(update|delete from|insert into) \S*mikro_orm_migrations/

const textOf = (name: string) => `import { Migration } from '@mikro-orm/migrations'
export class ${name} extends Migration {
  override up() { this.addSql('create table ${name} (n int)') }
  override down() { this.addSql('drop table ${name}') }
}
`

let folder: string
beforeAll(async () => {
  await mkdir(HOME, { recursive: true })
  folder = await mkdtemp(join(HOME, 'squash-'))
  await mkdir(join(folder, 'migrations'))
  await cp(KEEP_CONFIG, join(folder, 'mikro-orm.config.ts'))
  for (const name of [...PARTS, 'M4'])
    await writeFile(join(folder, `migrations/${name}.ts`), textOf(name))
  await migrate(['hash', '--config', configIn('')])
  await cp(folder, `${folder}-before`, { recursive: true })
  await using server = await createTestDatabase()
  const args = ['--until', 'M3', '--scratch-url', server.url, '--config', configIn('')]
  const { exit, stderr } = await migrate(['squash', ...args])
  if (exit !== 0) throw new Error(stderr)
})
afterAll(async () => {
  for (const one of [folder, `${folder}-before`]) await rm(one, { recursive: true })
})

const configIn = (which: '' | '-before') => join(`${folder}${which}`, 'mikro-orm.config.ts')

const go = (url: string, direction: Way, target: string, which: '' | '-before' = '') =>
  run(mikroOrmProject(configIn(which)), databaseTarget(url), { direction, target, drift: 'ignore' })

const readLedger = async (url: string) =>
  (await query(url, 'select name from mikro_orm_migrations order by id')).map(({ name }) => name)

const readTables = async (url: string) =>
  (await query(url, `select relname from pg_class where relname ~ '^m[1-4]$' order by 1`)).map(
    ({ relname }) => relname,
  )

test.each(['up', 'down'] as const)(
  'severed on the way %s while a squash and its parts change places, it goes on from there',
  async (way) => {
    const prepare = async (url: string) => {
      // On the way up the last part is still to come.
      await go(url, 'up', way === 'up' ? 'M2' : 'head', '-before')
      if (way === 'down') await go(url, 'up', 'head')
    }
    const goOn = (url: string) => go(url, way, way === 'up' ? 'head' : 'M1')
    const work = migratorWork(goOn, [])
    await using whole = await createTestDatabase({ prepare })
    const messages = await recordMessages(whole.url, work)
    expect(await readLedger(whole.url)).toEqual(DONE[way])
    const random = randomFrom(Number(process.env.TRIAL_SEED ?? 7))
    const moments = oneOfEach(listMoments(messages), random).filter(({ place }) => SWAP.test(place))
    expect(moments.length).toBeGreaterThan(5)
    for (const point of onEveryMajor ? moments : sample(moments, 4, random)) {
      await using database = await createTestDatabase({ prepare })
      const { url } = database
      await stopAt(url, work, { ...point, how: 'sever' })
      const left = await readLedger(url)
      const isOneOf = left.includes('M3_squash') !== left.includes('M1')
      expect(isOneOf, `${JSON.stringify(point)}: ${left.join()}`).toBe(true)
      await goOn(url)
      expect([point, await readLedger(url)]).toEqual([point, DONE[way]])
      expect(await readTables(url)).toEqual(way === 'up' ? ['m1', 'm2', 'm3', 'm4'] : ['m1'])
    }
  },
)
