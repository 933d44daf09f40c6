import type * as MikroCore from '@mikro-orm/core'
import type { Options } from '@mikro-orm/core'
import type { Migrator } from '@mikro-orm/migrations'
import type { SchemaComparator } from '@mikro-orm/postgresql'
import type { Seeder } from '@mikro-orm/seeder'
import { dirname } from 'node:path'
import { readManifest } from '../project/manifest-file.ts'
import { listEntries } from '../project/manifest.ts'
import type { LoadedProject } from '../project/project.ts'
import { findClass } from './discover.ts'
import { readProject } from './read-project.ts'

type Module = Readonly<Record<string, unknown>>

/** What a bundler has put together: the project's configuration and code, and its own ORM. */
export interface Bundled {
  readonly options: Options
  readonly MikroORM: typeof MikroCore.MikroORM
  /** MikroORM's own Migrator. */
  readonly Migrator: typeof Migrator
  readonly SchemaComparator: typeof SchemaComparator
  /** By name. */
  readonly migrations: Readonly<Record<string, () => Promise<Module>>>
  readonly seeders: readonly Module[]
}

/**
 * Reads the migrations of a bundle, those with the `names` or all, as `loadProject` reads those of sources. Code has the
 * checksum on record: it is that of its source, which was held against the manifest when the bundle was built.
 */
export async function loadBundled(
  { options, migrations, seeders, ...orm }: Bundled,
  manifestPath: string,
  names: readonly string[] = Object.keys(migrations),
): Promise<LoadedProject> {
  const migrationsList = await Promise.all(
    names.map(async (name) => {
      const module = (await migrations[name]?.()) ?? {}
      return { name, class: findClass(module, name) }
    }),
  )
  const seederExports = seeders.flatMap((module) => Object.entries(module))
  const seedersList = seederExports.map(([, value]) => value).filter(isSeeder)
  const listed = {
    ...options,
    migrations: { ...options.migrations, migrationsList },
    seeder: { ...options.seeder, seedersList },
  }
  const project = await readProject(listed, { ...orm, seederExports, root: dirname(manifestPath) })
  const manifest = await readManifest(manifestPath)
  const recorded = new Map(manifest && listEntries(manifest).map((one) => [one.name, one.checksum]))
  const squashed = new Set(manifest?.squashed?.map(({ name }) => name))
  const all = project.migrations.map(({ migration, ...rest }) => {
    const { name, equivalents, checksum } = migration
    const isCode = equivalents !== undefined
    const own = isCode ? (recorded.get(name) ?? checksum) : checksum
    return { ...rest, migration: { ...migration, checksum: own } }
  })
  return {
    ...project,
    migrations: all.filter(({ migration: { name } }) => !squashed.has(name)),
    squashed: all.filter(({ migration: { name } }) => squashed.has(name)),
  }
}

function isSeeder(value: unknown): value is new () => Seeder {
  return typeof value === 'function' && typeof value.prototype?.run === 'function'
}
