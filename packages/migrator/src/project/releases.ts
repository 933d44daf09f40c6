import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readText } from '../compiled/json-file.ts'
import { failure, MigratorError } from '../errors/index.ts'
import { messageFrom } from '../errors/message-from.ts'
import { LineProblem, readQueries, type RecordedQueries } from '../releases/recorded-query.ts'
import type { RecordedRelease } from '../releases/recorded-release.ts'
import { partsChain, targetIn } from './chain-of.ts'
import { openProject } from './open.ts'
import type { Project } from './project.ts'

/** Beside the manifest: a release is committed with what it was built from. */
const FOLDER = 'releases'

/** A release as it was recorded, and where. */
export interface ReleaseFile {
  readonly path: string
  readonly release: RecordedRelease
}

/** Beside the manifest, the queries that the program of today sends; each release keeps a copy. */
const QUERIES = 'queries.jsonl'

/** Records what the application of today sends to its database. Throws RELEASE_EXISTS, QUERIES_UNREADABLE. */
export async function recordRelease(project: Project, name: string): Promise<ReleaseFile> {
  const { manifest } = await openProject(project)
  const head = manifest.migrations.at(-1)?.name
  const { entities, queries, unrecorded } = await readToday(project)
  const release = { name, ...(head && { head }), entities }
  const path = join(dirname(project.manifestPath), FOLDER, `${name}.json`)
  const files = new Map([[path, `${JSON.stringify(release, undefined, 2)}\n`]])
  const sent = await readText(ownQueries(project))
  if (sent !== undefined) files.set(queriesPath(path), sent)
  for (const [file, text] of files) {
    const before = await readText(file)
    if (before !== undefined && before !== text)
      throw failure('RELEASE_EXISTS', { name, path: file })
  }
  await mkdir(dirname(path), { recursive: true })
  for (const [file, text] of files) await writeFile(file, text)
  return {
    path,
    release: { ...release, ...(queries && { queries }), ...(unrecorded && { unrecorded }) },
  }
}

/** What the build of today sends, as a release without a name of its own. Throws QUERIES_UNREADABLE. */
export async function readToday(project: Project): Promise<RecordedRelease> {
  const loaded = await project.load([])
  const entities = loaded.readEntities()
  await loaded.close()
  const queries = await readQueriesOf(ownQueries(project))
  return { name: 'this build', entities, ...queries }
}

/** By its name, or the newest. Throws RELEASE_MISSING, RELEASE_UNREADABLE, QUERIES_UNREADABLE. */
export async function findRelease(project: Project, name: string | true): Promise<RecordedRelease> {
  const releases = (await readReleases(project)).map(({ release }) => release)
  const found = name === true ? releases.at(-1) : releases.find((one) => one.name === name)
  if (!found) throw failure('RELEASE_MISSING', { known: releases.map((one) => one.name) })
  return found
}

/** The releases of a project by the migrations that they know, the newest last. Throws RELEASE_UNREADABLE, QUERIES_UNREADABLE. */
export async function readReleases(project: Project): Promise<ReleaseFile[]> {
  const folder = join(dirname(project.manifestPath), FOLDER)
  const { manifest } = partsChain(await openProject(project))
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.json'))
  const releases = await Promise.all(
    files.toSorted().map((file) => readRelease(join(folder, file))),
  )
  const place = ({ release: { head = '' } }: ReleaseFile) => {
    const last = targetIn(manifest, head)
    return manifest.migrations.findIndex(({ name }) => name === last)
  }
  return releases.toSorted((a, b) => place(a) - place(b))
}

async function readRelease(path: string): Promise<ReleaseFile> {
  const text = (await readText(path)) ?? ''
  try {
    const release: RecordedRelease = JSON.parse(text)
    if (!Array.isArray(release.entities)) throw new Error('it lists no entities')
    const queries = await readQueriesOf(queriesPath(path))
    return { path, release: { ...release, ...queries } }
  } catch (error) {
    if (error instanceof MigratorError) throw error
    throw failure('RELEASE_UNREADABLE', { path, reason: messageFrom(error) }, error)
  }
}

function ownQueries({ manifestPath }: Project): string {
  return join(dirname(manifestPath), QUERIES)
}

function queriesPath(path: string): string {
  return path.replace(/json$/, QUERIES)
}

/** Nothing where there is no such file. */
async function readQueriesOf(path: string): Promise<Partial<RecordedQueries>> {
  const text = await readText(path)
  if (text === undefined) return {}
  try {
    return await readQueries(text)
  } catch (error) {
    if (!(error instanceof LineProblem)) throw error
    throw failure('QUERIES_UNREADABLE', { path, line: error.line, reason: error.message }, error)
  }
}
