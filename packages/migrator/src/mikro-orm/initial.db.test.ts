import { defineEntity, MikroORM, p } from '@mikro-orm/postgresql'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Migrator } from './migrator.ts'
import { code, emptyDatabase, fileProject, names, query } from './tests/drop-in.ts'

/** MikroORM takes the quote in a name for the beginning of a text, and leaves out what follows. */

async function initial(text: object) {
  const { folder } = await fileProject()
  const { url } = await emptyDatabase()
  const id = p.integer().primary()
  const odd = p.text().name("it's").index()
  const orm = await MikroORM.init({
    clientUrl: url,
    entities: [
      defineEntity({ name: 'First', properties: { id, odd } }),
      defineEntity({ name: 'Second', properties: { id, text: text as ReturnType<typeof p.text> } }),
    ],
    extensions: [Migrator],
    migrations: { path: join(folder, 'migrations'), silent: true, snapshot: false },
  })
  return { url, orm, end: () => orm.close(true) }
}

test('an initial migration has all that the entities say, whatever their names', async () => {
  const { url, orm, end } = await initial(p.text().unique())
  const { diff } = await orm.migrator.createInitial()
  expect(diff.up.join('\n').match(/create (table|unique index|index)/g)?.length).toBeGreaterThan(2)
  expect(names(await orm.migrator.up())).toHaveLength(1)
  expect(await query(url, `insert into second values (1, 'a')`)).toEqual([])
  expect(await orm.schema.getUpdateSchemaSQL()).toBe('')
  await end()
})

test('one that PostgreSQL cannot read is refused', async () => {
  const { orm, end } = await initial(p.text().default("it's"))
  await expect(orm.migrator.createInitial()).rejects.toEqual(code('PROJECT_INVALID'))
  await end()
})
