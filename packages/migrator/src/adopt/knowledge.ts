import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Catalog } from '../catalog/index.ts'
import { failure } from '../errors/index.ts'
import { expectedCatalogPath, readSnapshotFile } from '../project/expected-catalog.ts'
import type { OpenProject, Project } from '../project/project.ts'

/** What a project knows of databases that are older than its migrations: data, in `adoption.ts` next to the manifest. */
export interface Adoption {
  readonly shapes: readonly LegacyShape[]
  /** By table, `public.projects`: the row that takes in rows which have lost theirs. */
  readonly foster?: Readonly<Record<string, FosterRow>>
}

/** A schema that something else made, and the way from it to the state after one of the migrations. */
export interface LegacyShape {
  /** As a person calls it: `generation A`. */
  readonly name: string
  /** Snapshot of its catalog, a path next to the manifest. */
  readonly catalog: string
  /** The migration whose state the bridge leads to. */
  readonly joins: string
  /**
   * What changes the objects that are there, in order. Objects of `joins` that are missing after that are made by
   * its own statements, so that nothing is written twice.
   */
  readonly bridge?: readonly string[]
  /**
   * What a column will hold that the bridge makes, as an expression over the row before: `reports.created_at` →
   * `generated_at`. Tables keep their names: rows of one that a bridge renames are not counted beforehand.
   */
  readonly reads?: Readonly<Record<string, string>>
}

/** A row that is made when it is first needed. */
export interface FosterRow {
  /** For people: `a project named "adopted"`. */
  readonly says: string
  /** Makes it where it is not there; does nothing where it is. */
  readonly insert: string
  /** A scalar query for its key; NULL where it is not there. */
  readonly find: string
  /** A key that no row has, to count with before it is made. */
  readonly placeholder: string
}

/** A shape that a database can be recognised by. */
export interface KnownShape {
  readonly name: string
  readonly catalog: Catalog
  /** How many of the migrations are done once it is bridged. */
  readonly revision: number
  readonly isLegacy: boolean
  readonly bridge: readonly string[]
  readonly reads: Readonly<Record<string, string>>
}

/** All that is known before a database is looked at. */
export interface Knowledge {
  /** Legacy ones first: one that equals the state after a migration goes by its own name. */
  readonly shapes: readonly KnownShape[]
  readonly head: Catalog
  readonly foster: Readonly<Record<string, FosterRow>>
}

/**
 * Reads the expected catalog of each migration from `catalogs/<name>.jsonl` next to the manifest, and what the
 * project's `adoption.ts` says of older shapes, where there is one.
 * Throws PROJECT_INVALID, SNAPSHOT_UNREADABLE.
 */
export async function readKnowledge(
  project: Project,
  { manifest }: OpenProject,
): Promise<Knowledge> {
  const folder = dirname(project.manifestPath)
  const adoption = await importAdoption(folder)
  const names = manifest.migrations.map(({ name }) => name)
  const catalogs = await Promise.all(
    names.map((name) => readSnapshot(expectedCatalogPath(project, name))),
  )
  const revisions = catalogs.map((catalog, i) => ({
    name: `the state after ${names[i]}`,
    catalog,
    revision: i + 1,
    isLegacy: false,
    bridge: [],
    reads: {},
  }))
  const legacy = await Promise.all(adoption.shapes.map((shape) => readShape(shape, folder, names)))
  const head = catalogs.at(-1)
  if (!head) throw failure('PROJECT_INVALID', { reason: 'There are no migrations to adopt for.' })
  return { shapes: [...legacy, ...revisions], head, foster: adoption.foster ?? {} }
}

async function importAdoption(folder: string): Promise<Adoption> {
  for (const file of ['adoption.ts', 'adoption.js', 'adoption.mjs']) {
    const path = join(folder, file)
    if (!(await exists(path))) continue
    const { adoption }: { adoption?: Adoption } = await import(pathToFileURL(path).href)
    if (adoption) return adoption
    throw failure('PROJECT_INVALID', { reason: `${path} does not export "adoption".` })
  }
  return { shapes: [] }
}

async function readShape(
  { name, catalog, joins, bridge = [], reads = {} }: LegacyShape,
  folder: string,
  names: readonly string[],
): Promise<KnownShape> {
  const revision = names.indexOf(joins) + 1
  if (revision === 0) {
    throw failure('PROJECT_INVALID', {
      reason: `The shape "${name}" joins at "${joins}", which is no migration.`,
    })
  }
  const path = join(folder, catalog)
  return { name, catalog: await readSnapshot(path), revision, isLegacy: true, bridge, reads }
}

async function readSnapshot(path: string): Promise<Catalog> {
  const catalog = await readSnapshotFile(path)
  if (catalog) return catalog
  const reason = `${path} is missing, the catalog that is expected after that migration. Adoption compares with it.`
  throw failure('PROJECT_INVALID', { reason })
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
