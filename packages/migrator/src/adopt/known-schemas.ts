import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Catalog } from '../catalog/index.ts'
import { failure } from '../errors/index.ts'
import { sumUp } from '../project/catalog-after.ts'
import { compiledFolder } from '../project/compiled-project.ts'
import { readSnapshotFile } from '../project/snapshot-file.ts'
import type { OpenProject, Project } from '../project/project.ts'

/** What a project knows of databases that are older than its migrations: data, in `adoption.ts` next to the manifest. */
export interface Adoption {
  readonly schemas: readonly LegacySchema[]
  /** By table, `public.projects`: the row to which rows are given that have lost their parent. */
  readonly placeholderParents?: Readonly<Record<string, PlaceholderParent>>
}

/** A schema that something else made, and the way from it to the schema after one of the migrations. */
export interface LegacySchema {
  /** As people call it: `generation A`. */
  readonly name: string
  /** Snapshot of its catalog, a path relative to the manifest; without it, the schema after `joinsAfter`. */
  readonly catalog?: string
  /** The migration after which the upgraded schema continues. */
  readonly joinsAfter: string
  /**
   * Statements that change the objects of this schema, in order. What is still missing after them is made by the
   * statements of `joinsAfter`, so nothing is written twice.
   */
  readonly upgrade?: readonly string[]
  /**
   * For a column that the upgrade makes: its value as an expression over the row before the upgrade,
   * `reports.created_at` → `generated_at`. Tables keep their names: rows of a renamed table are not counted.
   */
  readonly columnSources?: Readonly<Record<string, string>>
}

/** A row that is inserted when it is first needed. */
export interface PlaceholderParent {
  /** For people: `a project named "adopted"`. */
  readonly description: string
  /** Inserts the row unless it exists. */
  readonly insert: string
  /** A scalar query for its key; NULL where the row does not exist. */
  readonly find: string
  /** A key that no row has: it stands for the row's key in counts made before the row exists. */
  readonly unusedKey: string
}

/** A schema that a database can be recognised by. */
export interface KnownSchema {
  readonly name: string
  readonly catalog: Catalog
  /** How many migrations are done once a database of this schema is upgraded. */
  readonly revision: number
  readonly isLegacy: boolean
  readonly upgrade: readonly string[]
  readonly columnSources: Readonly<Record<string, string>>
}

/** Everything a database is compared with. */
export interface KnownSchemas {
  /** Legacy schemas first: one that equals the schema after a migration goes by its own name. */
  readonly schemas: readonly KnownSchema[]
  readonly head: Catalog
  readonly placeholderParents: Readonly<Record<string, PlaceholderParent>>
}

/**
 * Adds up the expected catalog after each migration from the compiled ones, and reads the legacy schemas from the
 * project's `adoption.ts`, where there is one.
 * Throws PROJECT_INVALID, SNAPSHOT_UNREADABLE, COMPILED_UNREADABLE.
 */
export async function readKnownSchemas(
  project: Project,
  { manifest }: OpenProject,
): Promise<KnownSchemas> {
  const folder = dirname(project.manifestPath)
  const { schemas, placeholderParents = {} } = await importAdoption(folder)
  const names = manifest.migrations.map(({ name }) => name)
  const catalogs = await sumUp(compiledFolder(project, manifest), manifest.migrations)
  const revisions = names.map((name, i) => ({
    name: `the schema after ${name}`,
    catalog: required(catalogs, name),
    revision: i + 1,
    isLegacy: false,
    upgrade: [],
    columnSources: {},
  }))
  const legacy = await Promise.all(schemas.map((one) => readLegacySchema(one, folder, revisions)))
  const head = revisions.at(-1)?.catalog
  if (!head) throw failure('PROJECT_INVALID', { reason: 'There are no migrations to adopt for.' })
  return { schemas: [...legacy, ...revisions], head, placeholderParents }
}

async function importAdoption(folder: string): Promise<Adoption> {
  for (const file of ['adoption.ts', 'adoption.js', 'adoption.mjs']) {
    const path = join(folder, file)
    if (!(await exists(path))) continue
    const { adoption }: { adoption?: Partial<Adoption> } = await import(pathToFileURL(path).href)
    const { schemas, ...rest } = adoption ?? {}
    if (schemas) return { schemas, ...rest }
    const reason = `${path} does not export "adoption" with the key "schemas" (once "shapes").`
    throw failure('PROJECT_INVALID', { reason })
  }
  return { schemas: [] }
}

async function readLegacySchema(
  { name, catalog, joinsAfter, upgrade = [], columnSources = {} }: LegacySchema,
  folder: string,
  revisions: readonly KnownSchema[],
): Promise<KnownSchema> {
  const joined = revisions.find((one) => one.name === `the schema after ${joinsAfter}`)
  if (!joined) {
    const reason = `The schema "${name}" joins after "${joinsAfter}", which is not a migration of this project.`
    throw failure('PROJECT_INVALID', { reason })
  }
  const own = catalog === undefined ? joined.catalog : await readSnapshotFile(join(folder, catalog))
  return { ...joined, name, catalog: own, isLegacy: true, upgrade, columnSources }
}

function required(catalogs: ReadonlyMap<string, Catalog>, migration: string): Catalog {
  const catalog = catalogs.get(migration)
  if (catalog) return catalog
  throw failure('SCHEMA_UNRECORDED', { name: migration })
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
