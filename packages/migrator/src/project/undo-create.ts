import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { removeCompiled } from '../compiled/compiled-file.ts'
import { readText } from '../compiled/json-file.ts'
import type { LedgerName } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import type { NextStep } from '../errors/next-step.ts'
import { sha256 } from '../sql/checksum.ts'
import { compiledFolder } from './compiled-project.ts'
import { pickExceptions, readManifest, writeManifest } from './manifest-file.ts'
import type { Manifest } from './manifest.ts'
import { candidates } from './open.ts'
import type { Project } from './project.ts'

export interface UndoneCreation {
  readonly name: string
  /** Of the file that was removed. */
  readonly path: string
}

/** What was created together goes together: the snapshot of the entities is that of all. */
export type Undone = readonly [UndoneCreation, ...UndoneCreation[]]

/** Why a migration may not be removed: it is applied, or released. */
export interface UndoRefusal {
  readonly reason: string
  readonly next?: readonly NextStep[]
}

type RefuseUndo = (undone: UndoneCreation, ledger: LedgerName) => Promise<UndoRefusal | undefined>

/**
 * Removes the newest migration, with those that were created together with it, their entries in the manifest and their
 * part of the snapshot; returns them, the newest first. Nothing of the project is loaded: what is undone may be what does
 * not load. Throws UNDO_REFUSED, PROJECT_INVALID, MANIFEST_BROKEN.
 */
export async function undoCreate(project: Project, refuse: RefuseUndo): Promise<Undone> {
  const root = dirname(project.manifestPath)
  const manifest = await readManifest(project.manifestPath)
  const undone = manifest && (await findNewest(compiledFolder(project, manifest), manifest))
  if (!undone) {
    throw failure('PROJECT_INVALID', { reason: `There is no migration to undo in ${root}.` })
  }
  const all: Undone = [undone, ...(await createdWith(root, undone.path))]
  for (const one of all) {
    const refusal = await refuse(one, project.ledger ?? manifest.ledger)
    if (refusal) throw failure('UNDO_REFUSED', { path: one.path, ...refusal })
  }
  await removeCreated(root, undone.path)
  const names = new Set(all.map(({ name }) => name))
  const migrations = manifest.migrations.filter(({ name }) => !names.has(name))
  const { phaseExceptions, ...rest } = manifest
  const exceptions = pickExceptions(phaseExceptions, migrations)
  await writeManifest(project.manifestPath, {
    ...rest,
    ...(exceptions && { phaseExceptions: exceptions }),
    migrations,
  })
  return all
}

/** The last file in the order of names, which the manifest may not list yet. */
async function findNewest(
  folder: string,
  { migrations }: Manifest,
): Promise<UndoneCreation | undefined> {
  const listed = migrations.at(-1)
  const last = (await candidates(folder)).at(-1)
  const file = last !== undefined && last > (listed?.file ?? '') ? last : listed?.file
  return file === undefined ? undefined : { name: nameOfFile(file), path: join(folder, file) }
}

/** The name of the migration in a file. */
export function nameOfFile(file: string): string {
  return basename(file).replace(/\.[cm]?[jt]s$/, '')
}

/** What the snapshot of the entities was before a creation, and the hash of what it was after it. */
interface Before {
  /** The paths of all that was created at once. */
  readonly paths: readonly string[]
  /** Absent where the project keeps none. */
  readonly snapshot?: {
    readonly path: string
    readonly before: string | null
    readonly after: string
  }
}

/** Keeps for `removeCreated` what the snapshot was before these files were created. */
export async function rememberForUndo(
  root: string,
  paths: readonly string[],
  snapshot: string | undefined,
  before: string | undefined,
): Promise<void> {
  const after = snapshot === undefined ? undefined : await readText(snapshot)
  const hasSnapshot = snapshot !== undefined && after !== undefined
  const kept: Before = {
    paths,
    ...(hasSnapshot && {
      snapshot: { path: snapshot, before: before ?? null, after: sha256(after) },
    }),
  }
  for (const path of paths) {
    const file = keptFor(root, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, JSON.stringify(kept))
  }
}

/** The others that were created together with the one at `path`, the newest first. */
async function createdWith(root: string, path: string): Promise<UndoneCreation[]> {
  const text = await readText(keptFor(root, path))
  const { paths } = text === undefined ? { paths: [] } : readBefore(text, path)
  const others = paths.filter((one) => one !== path && existsSync(one)).toReversed()
  return others.map((one) => ({ name: nameOfFile(one), path: one }))
}

/** The version before kept no paths, since it made one file at once. */
function readBefore(text: string, path: string): Before {
  return { paths: [path], ...(JSON.parse(text) as Partial<Before>) }
}

/**
 * Removes the files of a migration that was just created, and of those created with it, and puts the snapshot back.
 * Throws UNDO_REFUSED where the snapshot was changed since, or nothing is known of the one before.
 */
export async function removeCreated(root: string, path: string): Promise<void> {
  const kept = keptFor(root, path)
  const text = await readText(kept)
  const refuse = (reason: string) =>
    failure('UNDO_REFUSED', {
      path,
      reason: `${reason}. Delete the file, and restore the snapshot of the entities from version control`,
      next: [{ command: 'hash', why: 'After that' }],
    })
  if (text === undefined) throw refuse('it was not created in this checkout')
  const { snapshot, paths } = readBefore(text, path)
  if (snapshot) {
    const now = await readText(snapshot.path)
    const isBefore = now === (snapshot.before ?? undefined)
    if (!isBefore && (now === undefined || sha256(now) !== snapshot.after)) {
      throw refuse(`${snapshot.path} was changed since`)
    }
    await (snapshot.before === null
      ? rm(snapshot.path, { force: true })
      : writeFile(snapshot.path, snapshot.before))
  }
  for (const one of paths) {
    await rm(one, { force: true })
    await removeCompiled(dirname(one), nameOfFile(one))
    await rm(keptFor(root, one), { force: true })
  }
}

/** Only this checkout needs it, and not for long. */
function keptFor(root: string, path: string): string {
  return join(root, 'node_modules/.cache/techfacts-migrator', `${sha256(path)}.json`)
}
