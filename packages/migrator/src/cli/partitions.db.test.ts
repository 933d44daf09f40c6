import { createTestDatabase } from '@techfacts/postgres/testing'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'

/* A snapshot has no partitions: MikroORM copies each partitioned table at every change then, under a lock that stops all. */

const job = (...bounds: readonly string[]) => ({
  job: {
    properties: 'day: p.integer().primary(), a: p.text().nullable()',
    options: `partitionBy: { type: 'range', expression: 'day', partitions: [${bounds
      .map((values, n) => `{ name: 'job_${n}', values: '${values}' }`)
      .join(', ')}] },`,
  },
})

test(
  'a partition comes beside those that are there, both ways, and any other change is refused',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase()
    const project = await scratchProject({})
    const at = (...args: string[]) =>
      migrate([...args, '--config', project.config], { DATABASE_URL: database.url })
    const rows = () =>
      query(database.url, 'select tableoid::regclass::text as part, day, a from job')
    try {
      await writeEntities(project.config, job('from (0) to (10)'))
      expect((await at('create', 'first')).exit).toBe(0)
      expect((await at('create')).stdout).toMatch(/Nothing has changed/)
      expect((await at('up')).exit).toBe(0)
      await query(database.url, `insert into job values (1, 5, 'kept')`)
      const held = await rows()

      await writeEntities(project.config, job('from (0) to (10)', 'from (10) to (20)'))
      const { created } = JSON.parse((await at('create', 'second', '--json')).stdout)
      const text = await readFile(created, 'utf8')
      expect(text).toContain(
        'create table "job_1" partition of "job" for values from (10) to (20);',
      )
      expect(text).not.toMatch(/insert into|mikro_orm_partition_swap/)
      expect((await at('up', '--yes')).exit).toBe(0)
      await query(database.url, `insert into job values (2, 15, 'fresh')`)
      expect(await query(database.url, 'select count(*)::int from job_1')).toEqual([{ count: 1 }])
      expect((await at('create')).stdout).toMatch(/Nothing has changed/)

      for (const bounds of [['from (0) to (9)', 'from (10) to (20)'], ['from (0) to (10)']]) {
        await writeEntities(project.config, job(...bounds))
        const refused = await at('create', 'third')
        expect([refused.exit, refused.stderr]).toEqual([
          2,
          expect.stringContaining('The partitions of job change'),
        ])
      }
      expect((await at('down', '-1', '--yes')).exit).toBe(0)
      expect(await rows()).toEqual(held)

      await at('create', '--undo')
      const attach = 'alter table "job" attach partition "job_1" for values from (10) to (20)'
      const up = ['create table "job_1" (like "job" including all)', attach]
      await project.write('Migration29990101000000', { up })
      await project.lock()
      await writeEntities(project.config, job('from (0) to (10)', 'from (10) to (20)'))
      expect((await at('create')).stdout).toMatch(/Nothing has changed/)
    } finally {
      await project.drop()
    }
  },
)
