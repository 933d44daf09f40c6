import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { databaseTarget, run } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'

import { migrationNames } from '../migration-names.ts'
import { rows } from './database.ts'

const project = mikroOrmProject(fileURLToPath(new URL('../mikro-orm.config.ts', import.meta.url)))

/**
 * Migrates up or down to `target`, the end of a migration's name, and runs no seeder. What a test has changed
 * by hand is no reason to refuse.
 */
export async function migrateTo(url: string, target: string): Promise<void> {
  const goal = findPosition(target)
  const direction = goal > (await countApplied(url)) ? 'up' : 'down'
  const name = migrationNames[goal - 1] ?? 'base'
  await run(project, databaseTarget(url), { direction, target: name, drift: 'ignore' })
}

/** Prepares a database at head. */
export async function head(url: string): Promise<void> {
  await migrateTo(url, 'head')
}

/** What the project ships, as PostgreSQL reads it. */
export async function shipped() {
  const loaded = await project.load([])
  try {
    return await loaded.readReferenceData()
  } finally {
    await loaded.close()
  }
}

/** Seeds a database at head, as the migrate step does or as a person asks for it, and returns what is reported. */
export async function seed(
  url: string,
  seed: 'if-changed' | 'always' = 'if-changed',
): Promise<readonly string[]> {
  const request = { direction: 'up', target: 'head', drift: 'ignore', seed } as const
  return (await run(project, databaseTarget(url), request)).seeded ?? []
}

/** Prepares a database at head with awkward rows in every table. */
export async function awkwardRows(url: string): Promise<void> {
  await migrateTo(url, 'head')
  await rows(url, await readFile(new URL('../fixtures/awkward-rows.sql', import.meta.url), 'utf8'))
}

/** What is applied one migration below the one whose name ends in `name`. */
export function before(name: string): string {
  return migrationNames[findPosition(name) - 2] ?? 'base'
}

function findPosition(target: string): number {
  if (target === 'base') return 0
  if (target === 'head') return migrationNames.length
  const index = migrationNames.findIndex((name) => name.endsWith(target))
  if (index < 0) throw new Error(`no migration's name ends in ${target}`)
  return index + 1
}

async function countApplied(url: string): Promise<number> {
  const [ledger] = await rows(url, `select to_regclass('mikro_orm_migrations') as name`)
  if (!ledger?.['name']) return 0
  return (await rows(url, 'select from mikro_orm_migrations')).length
}
