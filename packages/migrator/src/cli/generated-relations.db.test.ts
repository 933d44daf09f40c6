import { createTestDatabase, inTurn } from '@techfacts/postgres/testing'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { migrate, type Ended } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'
import { RELATIONS, type Tables } from './tests/relations.ts'
import { listRefused } from './tests/refused.ts'

/*
 * Tables that refer to each other: what changes is written in the form that locks one table at a time, builds nothing
 * again that is there, leads to what the entities say, and back, rows included.
 */

test.each(inTurn(Object.entries(RELATIONS)))(
  '%s',
  { tags: 'long' },
  async (_, { before, after, routines = [[], []], answers = [], rows, writes, not }) => {
    const [were, are] = routines
    await using work = await createTestDatabase()
    await using other = await createTestDatabase()
    const [project, fresh] = [await scratchProject({}), await scratchProject({})]
    const run = (...args: string[]) => at(work.url, project.config, ...args)
    /** The database holds what a new one of the same migrations does. */
    const equals = async (config: string, ...args: string[]) => {
      await using made = await createTestDatabase()
      done(await at(made.url, config, 'up', ...args))
      expect(JSON.parse((await run('diff', work.url, made.url, '--json')).stdout)).toEqual([])
    }
    try {
      await writeEntities(project.config, before, were)
      const { name: first } = JSON.parse(done(await run('create', 'first', '--json')))
      done(await run('up'))
      await query(work.url, rows)
      const held = await readRows(work.url, before)

      await writeEntities(project.config, after, are)
      const scratch = ['--scratch-url', work.url]
      const created = JSON.parse(
        done(await run('create', 'second', '--json', ...answers, ...scratch)),
      )
      expect(created.schema.entities).toEqual({ unmade: [] })
      const paths = [
        created.created,
        ...(created.others ?? []).map(({ path }: { path: string }) => path),
      ]
      const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
      const up = texts.map((text) => text.replaceAll(/\\?"/g, '').split(' down()')[0]).join('\n')
      for (const pattern of writes) expect(up).toMatch(pattern)
      for (const pattern of not) expect(up).not.toMatch(pattern)
      const { stdout } = await run('lint', '--json')
      expect(listRefused(stdout)).toEqual([])
      done(await run('up', '--yes'))
      expect(JSON.parse(done(await run('create', 'again', '--json')))).toMatchObject({
        created: null,
      })
      await writeEntities(fresh.config, after, are)
      done(await at(other.url, fresh.config, 'create', 'first'))
      await equals(fresh.config)
      done(await run('down', first, '--yes'))
      await equals(project.config, first)
      expect(await readRows(work.url, before)).toEqual(held)
    } finally {
      await Promise.all([project.drop(), fresh.drop()])
    }
  },
)

/** The entities are read again by a process of its own. */
const at = (url: string, config: string, ...args: string[]) =>
  migrate([...args, '--config', config], {
    DATABASE_URL: url,
  })

function done({ exit, stdout, stderr }: Ended): string {
  expect([exit, exit === 0 ? '' : stdout + stderr]).toEqual([0, ''])
  return stdout
}

/** Every row of every table, with what it has in each column, in the order of their names. */
async function readRows(url: string, tables: Tables): Promise<unknown[]> {
  const all = Object.keys(tables).toSorted()
  return Promise.all(
    all.map((table) => query(url, `select to_jsonb(t) as row from ${table} t order by id`)),
  )
}
