import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'

/* A label that leaves a native enum is asked about, and no row that has it is lost, on either way. */

const columns = (labels: string, value: string) =>
  `e: p.enum(${labels}).nativeEnumName('kind').default('${value}'), l: p.enum(${labels}).array().nativeEnumName('kind').nullable(), d: p.enum(${labels}).array().nativeEnumName('kind').default(['${value}'])`
const tables = (labels: string, value = 'a') => ({
  job: columns(labels, value),
  note: columns(labels, value),
})

const at = (url: string, config: string, ...args: string[]) =>
  migrate([...args, '--config', config], { DATABASE_URL: url })

test(
  'a label that goes is dropped or renamed, and comes back; one that has come goes again',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase()
    await using first = await createTestDatabase()
    await using other = await createTestDatabase()
    const [project, fresh] = [await scratchProject({}), await scratchProject({})]
    const run = (...args: string[]) => at(database.url, project.config, ...args)
    const done = async (...args: string[]) => {
      const { exit, stderr } = await run(...args)
      expect([exit, stderr]).toEqual([0, expect.anything()])
    }
    const differences = async (url: string) =>
      JSON.parse((await run('diff', database.url, url, '--json')).stdout)
    try {
      await writeEntities(project.config, tables(`['a', 'b', 'c']`, 'b'))
      await done('create', 'first')
      await done('up')
      await at(first.url, project.config, 'up')
      await query(
        database.url,
        `insert into job (e, l, d) values ('b', '{a}', '{a}'), ('a', '{a,b}', '{a}')`,
      )

      const after = tables(`['a', 'd', 'c', 'x']`)
      await writeEntities(project.config, after)
      const asked = await run('create', 'second')
      const offers = /kind\.b[^]*--rename kind\.b:d[^]*--rename kind\.b:x[^]*--drop kind\.b/
      expect([asked.exit, asked.stderr]).toEqual([3, expect.stringMatching(offers)])
      await done('create', 'second', '--drop', 'kind.b')
      const refused = await run('up')
      expect([refused.exit, refused.stderr]).toEqual([3, expect.stringContaining('others: 1')])
      expect(refused.stderr).toContain('e of job will have one of the labels of kind')
      await query(database.url, `update job set e = 'a', l = '{a,c}'`)
      await done('up', '--yes')
      await writeEntities(fresh.config, after)
      await at(other.url, fresh.config, 'create', 'first')
      await at(other.url, fresh.config, 'up')
      expect(await differences(other.url)).toEqual([])

      await query(database.url, `update job set l = '{x}' where id = 1`)
      const kept = await run('down', '-1', '--yes')
      expect([kept.exit, kept.stderr]).toEqual([3, expect.stringContaining('l of job will have')])
      expect(await query(database.url, `select l::text from job where id = 1`)).toEqual([
        { l: '{x}' },
      ])
      await query(database.url, `update job set l = null`)
      await done('down', '-1', '--yes')
      expect(await differences(first.url)).toEqual([])
      await done('create', '--undo')

      await query(database.url, `update job set e = 'b'`)
      await writeEntities(project.config, tables(`['a', 'd', 'c']`, 'd'))
      await done('create', 'third', '--rename', 'kind.b:d')
      await done('up', '--yes')
      expect(await query(database.url, 'select distinct e::text from job')).toEqual([{ e: 'd' }])
      await done('down', '-1', '--yes')
      expect(await query(database.url, 'select distinct e::text from job')).toEqual([{ e: 'b' }])
      expect(await differences(first.url)).toEqual([])
    } finally {
      await Promise.all([project.drop(), fresh.drop()])
    }
  },
)
