import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { hashProject } from '../project/hash.ts'
import { databaseTarget } from '../session/database-target.ts'
import { run } from '../run/index.ts'
import { fileProject, query } from './tests/drop-in.ts'

/*
 * A migration is compiled once, into what is reviewed and run. One that says something else in another environment or
 * configuration cannot be: it is code, which is called where it runs.
 */

const before = process.env.TEST_TENANT
afterEach(() => {
  if (before === undefined) delete process.env.TEST_TENANT
  else process.env.TEST_TENANT = before
})

const fileOf = (up: string) => `
import { Migration } from '@mikro-orm/migrations'
export class M extends Migration {
  up() { ${up} }
  down() { this.addSql('select 1') }
}`

const KINDS: Readonly<Record<string, { up: string; kind: 'code' | 'sql' }>> = {
  'a variable of the environment': {
    up: "this.addSql('create table ' + process.env.TEST_TENANT + '_t (id int)')",
    kind: 'code',
  },
  'a variable that is not set, with a default': {
    up: "this.addSql('create table ' + (process.env.TEST_OTHER ?? 'now') + '_t (id int)')",
    kind: 'code',
  },
  'whether a variable is set': {
    up: "if (process.env.TEST_OTHER) this.addSql('select 1'); this.addSql('create table now_t (id int)')",
    kind: 'code',
  },
  'the schema of the configuration': {
    up: "this.addSql('create table ' + (this.config.get('schema') ?? 'public') + '.now_t (id int)')",
    kind: 'code',
  },
  'its text alone': { up: "this.addSql('create table now_t (id int)')", kind: 'sql' },
  'a setting that is no text': {
    up: "if (this.config.get('migrations').snapshot === false) this.addSql('create table now_t (id int)')",
    kind: 'sql',
  },
}

test.each(Object.entries(KINDS))('what depends on %s', async (_, { up, kind }) => {
  process.env.TEST_TENANT = 'then'
  const { folder, url, project, write } = await fileProject()
  await write('M1.js', fileOf(up))
  await hashProject(project)
  const compiled = JSON.parse(await readFile(join(folder, 'migrations', 'M1.json'), 'utf8'))
  expect(compiled.migration.up === 'code' ? 'code' : 'sql').toBe(kind)

  process.env.TEST_TENANT = 'now'
  await run(project, databaseTarget(url), { direction: 'up', target: 'head' })
  expect(await query(url, `select to_regclass('now_t') is not null as made`)).toEqual([
    { made: true },
  ])
  expect(process.env.TEST_TENANT).toBe('now')
})
