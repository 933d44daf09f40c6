import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { readCompiled } from '../compiled/compiled-file.ts'
import type { CompiledMigration } from '../compiled/compiled.ts'
import { failure, MigratorError } from '../errors/index.ts'
import { withPhases } from '../phase/index.ts'
import type { Migration } from '../migration.ts'
import { hasChecksum } from '../plan/integrity.ts'
import { laterNames } from '../plan/later-name.ts'
import { placeContractLast } from './contract-last.ts'
import { hashProject, refuseEdited } from './hash.ts'
import { installStaged } from './install-staged.ts'
import { readMerged, readReleased, type Merged } from './manifest-file.ts'
import { listEntries, MANIFEST_NAME, type Manifest } from './manifest.ts'
import { listFiles } from './open.ts'
import { mergeSnapshot, type MergedSnapshot, type SnapshotSides } from './merge-snapshot.ts'
import { findOverlaps } from './overlaps.ts'
import type { Project } from './project.ts'
import { renameMigration, type LoadedMigration, type RenamedMigration } from './rename-migration.ts'
import { withStaged } from './stage.ts'
import { findTouched, type Footprint } from './touched.ts'

/** What version control knows of the two branches. */
export interface Branches {
  /** The revision whose migrations stay as they are, as it was named. */
  readonly onto: string
  /** Its manifest; undefined where it has none. */
  readonly manifest: string | undefined
  /** Names of the migrations that were there when the file of another was added. */
  readonly knownTo: (path: string) => Promise<ReadonlySet<string>>
  /** The three versions of a file in which a merge has left its conflict; undefined where they are not known. */
  readonly sidesOf: (path: string) => Promise<SnapshotSides | undefined>
}

export interface RebaseReport<Schema> {
  readonly onto: string
  /** Migrations that got another name, in order. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[]
  /** All that the revision does not have, in order, by the names that they have now. */
  readonly unreleased: readonly string[]
  /** The snapshot of the entities, where it was put together from both sides. */
  readonly snapshot: string | null
  /** What `record` returned. */
  readonly schema: Schema
}

/** Records what the staged migrations change in the schema; `proved` ran on an empty database before. */
type RecordSchema<Schema> = (staged: Project, proved: ReadonlySet<string>) => Promise<Schema>

/**
 * Places the migrations that a revision does not have after all that it has: gives those that would come before one of
 * them later names, and so places contract steps last. Writes the manifest and the compiled files again, also where a
 * merge has left its conflict in the manifest. All of it is made in a folder of its own first: where anything is refused, nothing is changed.
 * Throws ONTO_UNKNOWN, ONTO_UNRELATED, ONTO_UNMERGED, BRANCHES_OVERLAP, SNAPSHOT_CONFLICTED, FILE_EDITED, and
 * what `hashProject` and `record` throw.
 */
export async function rebaseMigrations<Schema>(
  project: Project,
  branches: Branches,
  record: RecordSchema<Schema>,
): Promise<RebaseReport<Schema>> {
  const released = readOnto(project.manifestPath, branches)
  const before = await readMerged(project.manifestPath)
  refuseUnrelated(branches, released, before)
  const loaded = await project.load()
  try {
    refuseChanged(branches, released, listFiles(loaded))
    const folder = resolve(dirname(project.manifestPath), loaded.header.folder)
    const compiled = await readAll(folder, loaded.migrations, before)
    const all = await seeAll(loaded.migrations, compiled)
    const names = namesAfter(released, loaded.migrations)
    const found = { all, names, exceptions: before.phaseExceptions }
    await refuseOverlaps(branches, folder, found)
    const own = await orderOwn(found)
    const snapshot = await mergeSnapshot(await loaded.snapshotPath?.(), branches.sidesOf)
    const renamed = await renameAll(folder, own, released)
    const staged = { project, loaded, released, before, renamed, compiled }
    return await withStaged(staged, async (stage) => {
      await hashProject(stage.project)
      const schema = await record(stage.project, listProved(renamed, compiled))
      await installStaged(project, stage, { folder, renamed, snapshot })
      return { ...report(branches, renamed, snapshot), schema }
    })
  } finally {
    await loaded.close()
  }
}

function report(
  { onto }: Branches,
  all: readonly RenamedMigration[],
  snapshot: MergedSnapshot | undefined,
): Omit<RebaseReport<never>, 'schema'> {
  const names = all.map(({ from, to }) => ({ from: from.migration.name, to: to.migration.name }))
  return {
    onto,
    renamed: names.filter(({ from, to }) => from !== to),
    unreleased: names.map(({ to }) => to),
    snapshot: snapshot?.path ?? null,
  }
}

/** Those that ran on an empty database when they were recorded, by the names that they get. */
function listProved(
  renamed: readonly RenamedMigration[],
  compiled: CompiledFiles,
): ReadonlySet<string> {
  const proved = renamed.filter(({ from }) => compiled.get(from.migration.name)?.catalog)
  return new Set(proved.map(({ to }) => to.migration.name))
}

/** Throws ONTO_UNKNOWN, MANIFEST_BROKEN. */
function readOnto(manifestPath: string, { onto, manifest }: Branches): Manifest {
  if (manifest !== undefined) return readReleased(manifestPath, manifest)
  throw failure('ONTO_UNKNOWN', { onto, reason: `it has no ${MANIFEST_NAME} in this folder` })
}

/** With another revision the wrong side would be renamed. Throws ONTO_UNRELATED. */
function refuseUnrelated({ onto }: Branches, released: Manifest, { sides }: Merged): void {
  const names = new Set(released.migrations.map(({ name }) => name))
  // A side that adds nothing is that of a revision which has nothing of the other's.
  const isThat = ({ adds }: (typeof sides)[number]) =>
    adds.length === 0 || adds.some((name) => names.has(name))
  if (sides.length === 0 || sides.some(isThat)) return
  throw failure('ONTO_UNRELATED', { onto, sides })
}

/** Throws ONTO_UNMERGED, FILE_EDITED. */
function refuseChanged(
  { onto }: Branches,
  released: Manifest,
  loaded: readonly LoadedMigration[],
): void {
  const migrations = loaded.map(({ migration }) => migration)
  const found = new Set(migrations.map(({ name }) => name))
  const names = released.migrations.map(({ name }) => name).filter((name) => !found.has(name))
  if (names.length > 0) throw failure('ONTO_UNMERGED', { onto, names })
  refuseEdited(released, migrations)
}

type CompiledFiles = ReadonlyMap<string, CompiledMigration>

/** Those of migrations that were not edited since they were recorded; what is not readable is written again. */
async function readAll(
  folder: string,
  all: readonly LoadedMigration[],
  { checksums }: Merged,
): Promise<CompiledFiles> {
  const recorded = all.filter(({ migration }) =>
    checksums.get(migration.name)?.some((one) => hasChecksum(migration, one)),
  )
  const found = new Map<string, CompiledMigration>()
  for (const { migration } of recorded) {
    const one = await readCompiled(folder, migration.name).catch((error: unknown) => {
      if (error instanceof MigratorError && error.code === 'COMPILED_UNREADABLE') return undefined
      throw error
    })
    if (one) found.set(migration.name, one)
  }
  return found
}

/** A migration, and what it touches. */
interface Seen {
  readonly loaded: LoadedMigration
  readonly migration: Migration
  readonly footprint: Footprint
}

async function seeAll(all: readonly LoadedMigration[], compiled: CompiledFiles): Promise<Seen[]> {
  const seen: Seen[] = []
  for (const loaded of all) {
    const { migration } = loaded
    const { catalog = null } = compiled.get(migration.name) ?? {}
    seen.push({ loaded, migration, footprint: await findTouched(migration, catalog) })
  }
  return seen
}

/** What is released, also as a squash of it that is not. */
function namesAfter(released: Manifest, loaded: readonly LoadedMigration[]): ReadonlySet<string> {
  const names = new Set(listEntries(released).map(({ name }) => name))
  for (const { migration } of loaded) {
    const { name, replaces = [] } = migration
    if (replaces.length > 0 && replaces.every((part) => names.has(part.name))) names.add(name)
  }
  return names
}

interface Found {
  readonly all: readonly Seen[]
  /** Of what is released. */
  readonly names: ReadonlySet<string>
  readonly exceptions: Merged['phaseExceptions']
}

/** Those that are not released, in the order that they get. */
async function orderOwn({ all, names, exceptions }: Found): Promise<LoadedMigration[]> {
  const judged = await withPhases(
    all.map(({ migration }) => migration),
    exceptions,
  )
  const own = all
    .map((one, i) => ({ ...one, migration: judged[i] ?? one.migration }))
    .filter(({ migration }) => !names.has(migration.name))
  return placeContractLast(own).map(({ loaded }) => loaded)
}

/**
 * Compares each migration that is not released with the released ones that its author did not have.
 * Throws BRANCHES_OVERLAP.
 */
async function refuseOverlaps(
  { onto, knownTo }: Branches,
  folder: string,
  { all, names }: Found,
): Promise<void> {
  const own = all.filter(({ migration }) => !names.has(migration.name))
  const others = all.filter(({ migration }) => names.has(migration.name))
  const overlaps = []
  for (const one of own) {
    const known = await knownTo(join(folder, one.loaded.file))
    for (const other of others.filter(({ migration }) => !known.has(migration.name))) {
      const objects = findOverlaps(other.footprint, one.footprint)
      const [there, here] = [other.migration.name, one.migration.name]
      overlaps.push(...objects.map((object) => ({ object, released: there, unreleased: here })))
    }
  }
  if (overlaps.length > 0)
    throw failure('BRANCHES_OVERLAP', { onto, manifest: MANIFEST_NAME, overlaps })
}

async function renameAll(
  folder: string,
  own: readonly LoadedMigration[],
  { migrations }: Manifest,
): Promise<RenamedMigration[]> {
  const names = own.map(({ migration }) => migration.name)
  const later = laterNames(names, migrations.at(-1)?.name ?? '', new Date())
  return Promise.all(
    own.map(async (one, i) => {
      const source = await readFile(join(folder, one.file), 'utf8')
      return renameMigration(one, later[i] ?? one.migration.name, source)
    }),
  )
}
