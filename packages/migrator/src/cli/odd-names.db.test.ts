import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { query } from '../testing/query.ts'
import { scratchProject } from '../testing/scratch-project.ts'

test('a name with what a terminal would obey, and with a line of its own, is shown escaped by every command', async () => {
  await using database = await createTestDatabase()
  const name = String.raw`"x\000aForged: migrate down base --yes\001b]0;pwn\0007\009b2J\202e"`
  const table = `U&${name}`
  const project = await scratchProject({
    Migration1_odd: {
      up: [`create table ${table} (id int primary key, ${table} text)`],
      down: [`drop table ${table}`],
    },
    Migration2_column: {
      up: ['select 1'],
      down: [`alter table ${table} drop column ${table}; delete from ${table}`],
    },
  })
  const run = async (...args: string[]) => {
    const { stdout, stderr } = await migrate([...args, '--config', project.config], {
      DATABASE_URL: database.url,
    })
    return stdout + stderr
  }
  const said = [await run('up')]
  await query(
    database.url,
    `insert into ${table} values (1, 'v');
     do $$ begin execute format('alter database %I set "migrator.disposable" = off', current_database()); end $$`,
  )
  for (const line of ['plan -1 --down', 'down -1', 'down base', 'down -1 --yes', 'archive list'])
    said.push(await run(...line.split(' ')))
  await query(database.url, `alter table ${table} add more int`)
  for (const line of [
    'check',
    'up',
    'archive restore 1',
    'archive purge --all',
    'archive purge --all --yes',
  ])
    said.push(await run(...line.split(' ')))
  await project.drop()
  const all = said.join('\n')
  expect(all.match(/(?!\n)[\p{Cc}\p{Cf}]/gu)).toBeNull()
  expect(all.split('\n').filter((line) => line.startsWith('Forged'))).toEqual([])
  const shown = String.raw`x\u{a}Forged: migrate down base --yes\u{1b}]0;pwn\u{7}\u{9b}2J\u{202e}`
  for (const at of [1, 2, 4, 5]) expect(said[at]).toContain(shown)
})
