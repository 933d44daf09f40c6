import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../testing/cli.ts'
import { writeEntities } from '../testing/entities.ts'
import { scratchProject, type ScratchProject } from '../testing/scratch-project.ts'

let database: TestDatabase
let project: ScratchProject
beforeAll(async () => {
  database = await createTestDatabase()
  project = await scratchProject({})
})
afterAll(() => Promise.all([database.drop(), project.drop()]))

/** A process each: an import of the entities stays in one. */
async function run(...args: string[]): Promise<string> {
  const { exit, stdout } = await migrate([...args, '--config', project.config], {
    DATABASE_URL: database.url,
  })
  expect([args, exit]).toEqual([args, 0])
  return stdout
}

async function git(...args: string[]): Promise<void> {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost']
  await promisify(execFile)('git', [...identity, ...args], { cwd: dirname(project.config) })
}

async function create(name: string, tables: Readonly<Record<string, string>>): Promise<void> {
  await writeEntities(project.config, tables)
  await run('create', name)
  await git('add', '-A')
  await git('commit', '-q', '-m', name)
}

test(
  'the snapshot of the entities has what both sides have changed',
  { tags: 'long' },
  async () => {
    const [title, year, zone] = ['title: p.text()', 'year: p.integer()', 'zone: p.integer()']
    await git('init', '-q', '-b', 'main')
    await create('init', { author: 'name: p.text()', book: title })
    await git('checkout', '-q', '-b', 'feature')
    await create('ours', { author: 'name: p.text()', book: `${title}, ${year}`, shop: title })
    await git('checkout', '-q', 'main')
    await create('theirs', { author: `name: p.text(), ${year}`, book: `${title}, ${zone}` })
    await git('checkout', '-q', 'feature')
    await expect(git('merge', 'main')).rejects.toMatchObject({ code: 1 })
    const snapshot = join(dirname(project.config), 'migrations/.snapshot.json')
    expect(await readFile(snapshot, 'utf8')).toContain('<<<<<<<')
    await writeEntities(project.config, {
      author: `name: p.text(), ${year}`,
      book: `${title}, ${year}, ${zone}`,
      shop: title,
    })
    expect(await run('rebase', '--onto', 'main')).toContain(
      `put ${snapshot} together from both sides`,
    )
    expect(await run('create', 'more')).toContain('Nothing has changed')
    await run('up')
    await run('check')
  },
)
