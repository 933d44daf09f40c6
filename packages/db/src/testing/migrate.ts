import { readFile } from 'node:fs/promises'

import { MikroORM, type EntityManager } from '@mikro-orm/postgresql'
import type { Check, MigrationContract } from '@techfacts/migrator'

import config from '../mikro-orm.config.ts'
import { migrationNames } from '../migration-names.ts'
import { rows } from './catalog.ts'

/** Migrates up or down to `target`: a part of a migration's name, `base` or `head`. */
export async function migrateTo(url: string, target: string): Promise<void> {
  const orm = await connect(url)
  try {
    const executed = (await orm.migrator.getExecuted()).map(({ name }) => name)
    const there = migrationNames.slice(0, indexOf(target) + 1)
    for (const name of there.filter((name) => !executed.includes(name))) {
      await demand(orm.em, (await load(orm, name)).requires?.() ?? [])
      await orm.migrator.up({ migrations: [name] })
    }
    for (const name of executed.filter((name) => !there.includes(name)).reverse()) {
      await demand(orm.em, (await load(orm, name)).downRequires?.() ?? [])
      await orm.migrator.down({ migrations: [name] })
    }
  } finally {
    await orm.close()
  }
}

/** Prepares a database at head with awkward rows in every table. */
export async function awkwardRows(url: string): Promise<void> {
  await migrateTo(url, 'head')
  await rows(url, await readFile(new URL('../fixtures/awkward-rows.sql', import.meta.url), 'utf8'))
}

/** An ORM with the extensions of the config, which MikroORM would otherwise change. */
export function connect(url: string): Promise<MikroORM> {
  return MikroORM.init({
    ...config,
    clientUrl: url,
    extensions: [...config.extensions],
    logger: () => {},
  })
}

function indexOf(target: string): number {
  if (target === 'base') return -1
  if (target === 'head') return migrationNames.length - 1
  const found = migrationNames.findIndex((name) => name.endsWith(target))
  if (found < 0) throw new Error(`no migration is named ${target}`)
  return found
}

async function load(orm: MikroORM, name: string): Promise<MigrationContract> {
  const module = await import(`../migrations/${name}.ts`)
  return new module[name](orm.driver, orm.config)
}

async function demand(em: EntityManager, checks: Check[]): Promise<void> {
  const refusals: string[] = []
  for (const { query, says } of checks) {
    const [row] = await em.execute<Record<string, unknown>[]>(query)
    const broken = Object.entries(row ?? {}).filter(([, value]) =>
      typeof value === 'boolean' ? !value : Number(value) !== 0,
    )
    if (broken.length > 0)
      refusals.push(
        `${says} ${broken.map(([what, count]) => `${what}: ${String(count)}`).join(', ')}`,
      )
  }
  if (refusals.length > 0) throw new Error(refusals.join('\n'))
}
