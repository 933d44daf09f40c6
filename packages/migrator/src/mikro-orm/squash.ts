import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, parse, resolve } from 'node:path'
import { makeDelta } from '../catalog/index.ts'
import { compiledPath, readCompiled, writeCompiled } from '../compiled/compiled-file.ts'
import { failure } from '../errors/index.ts'
import type { Migration } from '../migration.ts'
import { listStatements } from '../plan/progress.ts'
import { findName } from '../plan/targets.ts'
import { hashProject, verifyManifest } from '../project/hash.ts'
import { loadVerified, openProject } from '../project/open.ts'
import type { LoadedProject, Project } from '../project/project.ts'
import { squashedFolder } from '../project/squashed-folder.ts'
import { readStatements } from '../sql/read-statement.ts'
import type { WithScratch } from '../scratch/scratch-database.ts'
import { nameInLedger } from './discover.ts'
import { formatFile } from './format-file.ts'
import { proveSquash, type Proved } from './prove-squash.ts'
import { writeSquash } from './squash-file.ts'

/** Lends the project as its files are now. */
export type WithProject = <T>(work: (project: Project) => Promise<T>) => Promise<T>

export interface SquashReport {
  readonly name: string
  /** Of the new file. */
  readonly path: string
  /** What it stands for, in order. */
  readonly replaces: readonly string[]
  /** Where their files are now. */
  readonly folder: string
  readonly statements: number
}

/**
 * Makes one migration of the first ones, as far as `until` or those with the names: new databases begin with it, and the
 * others go on with its parts, whose files are moved. That it does the same is proved on throw-away databases first. Where
 * anything is refused, nothing is changed.
 * Throws SQUASH_REFUSED, SQUASH_DIFFERS, TARGET_UNKNOWN, TARGET_AMBIGUOUS, and what verifying the project throws.
 * @example
 * const { path } = await squash((work) => work(project), 'Migration20260101120000', (work) => work(server))
 */
export async function squash(
  withProject: WithProject,
  until: string | readonly string[],
  withScratch: WithScratch,
): Promise<SquashReport> {
  return withProject(async (project) => {
    if (!project.hasNoManifest) await verifyManifest(project)
    const loaded = await loadVerified(project, await openProject(project))
    try {
      const parts = chooseParts(loaded, until)
      const { manifestPath } = project
      const folder = resolve(dirname(manifestPath), loaded.header.folder)
      const migrations = parts.map(({ migration }) => migration)
      const proved = await proveSquash(loaded, migrations, withScratch)
      return await putInPlace(withProject, { loaded, parts, manifestPath, folder, proved })
    } finally {
      await loaded.close()
    }
  })
}

type File = LoadedProject['migrations'][number]

/** Throws SQUASH_REFUSED, TARGET_UNKNOWN, TARGET_AMBIGUOUS. */
function chooseParts(
  { migrations }: Pick<LoadedProject, 'migrations'>,
  until: string | readonly string[],
): readonly File[] {
  const names = migrations.map(({ migration }) => migration.name)
  const chosen =
    typeof until === 'string' ? names.slice(0, names.indexOf(findName(until, names)) + 1) : until
  const parts = migrations.slice(0, names.findLastIndex((name) => chosen.includes(name)) + 1)
  const other = parts.find(({ migration }) => !chosen.includes(migration.name))
  if (other) {
    const reason = `${other.migration.name} comes before one of them, and a squash begins with the first migration`
    throw failure('SQUASH_REFUSED', { reason })
  }
  if (parts.length > 1) return parts
  const first = parts[0]?.migration.name
  const reason = first
    ? `${first} is the first migration, and a squash makes one of at least two. Name a later one`
    : 'it names no migration'
  throw failure('SQUASH_REFUSED', { reason })
}

interface Placing {
  readonly loaded: LoadedProject
  readonly parts: readonly File[]
  readonly manifestPath: string
  readonly folder: string
  readonly proved: Proved
}

/** Writes the new file, moves the others, and records that; whatever fails, all is as it was. */
async function putInPlace(withProject: WithProject, placing: Placing): Promise<SquashReport> {
  const { parts, manifestPath, folder, proved } = placing
  const last = parts.at(-1)
  if (!last) throw new Error('a squash of nothing')
  const texts = await Promise.all(parts.map(({ file }) => readFile(join(folder, file), 'utf8')))
  refuseImports(parts, texts)
  const file = nameFile(last.file)
  const name = nameInLedger(file)
  const path = join(folder, file)
  if (existsSync(path)) throw failure('SQUASH_REFUSED', { reason: `${path} is there already` })
  const manifest = await readFile(manifestPath).catch(() => undefined)
  const aside = squashedFolder(folder)
  const moves = parts.flatMap(({ file, migration }) => movesOf(folder, aside, file, migration))
  const undo: (() => Promise<void>)[] = []
  try {
    const replaced = parts.map(({ migration }) => migration)
    const text = texts.at(-1) ?? ''
    undo.unshift(() => rm(path, { force: true }))
    undo.unshift(() => rm(compiledPath(folder, name), { force: true }))
    const content = { name, last: { file: last.file, text }, parts: replaced, ...proved }
    await writeFile(path, writeSquash(content))
    await formatFile(path)
    await mkdir(aside, { recursive: true })
    for (const [from, to] of moves) {
      await rename(from, to)
      undo.unshift(() => rename(to, from))
    }
    if (manifest) undo.unshift(() => writeFile(manifestPath, manifest))
    await withProject((project) => record(project, name, placing))
  } catch (error) {
    for (const step of undo) await step()
    throw error
  }
  const replaces = parts.map(({ migration }) => migration.name)
  return { name, path, replaces, folder: aside, statements: proved.statements.length }
}

/** After its last part, and before what follows that. */
function nameFile(last: string): string {
  const { name, ext } = parse(last)
  return `${name.replace(/_squash$/, '')}_squash${ext}`
}

function movesOf(folder: string, aside: string, file: string, { name }: Migration) {
  const compiled = compiledPath(folder, name)
  const moves = [[join(folder, file), join(aside, basename(file))] as const]
  return existsSync(compiled) ? [...moves, [compiled, compiledPath(aside, name)] as const] : moves
}

/** A file that imports its neighbour would not find it any more. */
function refuseImports(parts: readonly File[], texts: readonly string[]): void {
  for (const [place, text] of texts.entries()) {
    const [, found] = /(?:from|import|require)\s*\(?\s*['"](\.\/[^'"]*)['"]/.exec(text) ?? []
    if (found === undefined) continue
    const reason = `${parts[place]?.file} imports ${found}, and would not find it where it is moved`
    throw failure('SQUASH_REFUSED', { reason })
  }
}

/** Throws SQUASH_REFUSED where the new file is not read as what was proved, or not in that place. */
async function record(
  project: Project,
  name: string,
  { loaded, parts, folder, proved }: Placing,
): Promise<void> {
  const now = await project.load()
  try {
    const rest = loaded.migrations.slice(parts.length).map(({ migration }) => migration.name)
    const [first, ...others] = now.migrations.map(({ migration }) => migration)
    const isInPlace = first?.name === name && rest.every((one, i) => others[i]?.name === one)
    if (!isInPlace || others.length !== rest.length) {
      const reason = `no name sorts before ${rest[0] ?? ''} and behind its parts`
      throw failure('SQUASH_REFUSED', { reason })
    }
    const read = await Promise.all(proved.statements.map((sql) => readStatements(sql, true)))
    const expected = read.flat().map(({ checksum }) => checksum)
    const found = listStatements(first.up).map(({ checksum }) => checksum)
    if (expected.join() !== found.join())
      throw failure('SQUASH_REFUSED', { reason: 'their statements cannot be written into a file' })
  } finally {
    await now.close()
  }
  if (project.hasNoManifest) return
  await hashProject(project)
  const compiled = await readCompiled(folder, name)
  if (!compiled) return
  const catalog = makeDelta({ objects: [] }, proved.catalog)
  await writeCompiled(folder, name, { ...compiled, catalog })
}
