import { cp, mkdtemp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Chain } from './chains.ts'
import type { Command, Contender, Prepared } from './contender.ts'
import { bareNode, psql } from './contenders.ts'
import { digest, listTables, type Databases } from './database.ts'
import { measure, median, type Measured } from './measure.ts'
import type { Compared } from './result.ts'

/** Where contenders are measured. */
export interface Arena {
  /** The folder whose `node_modules` holds all contenders. */
  readonly installed: string
  readonly databases: Databases
  readonly pairs: number
  /** Folders as their authors have left them, by contender and chain. */
  readonly authored: Map<string, string>
}

/** An empty database to the end of a chain, beside psql. Throws where a contender leaves something else behind. */
export async function compareApplying(
  arena: Arena,
  contender: Contender,
  chain: Chain,
): Promise<Compared> {
  return measurePairs(arena.pairs, async () => {
    const baseline = await apply(arena, psql, chain)
    const own = await apply(arena, contender, chain, baseline.tables)
    if (own.digest !== baseline.digest) {
      throw new Error(`${contender.name} has left another schema than psql: ${chain.title}`)
    }
    return [baseline.measured, own.measured]
  })
}

/** A database that is at the end of its chain, beside a bare Node script that reads the ledger of `head`. */
export async function compareNothingPending(
  arena: Arena,
  contender: Contender,
  chain: Chain,
  head: Opened,
): Promise<Compared> {
  const bare = await openProject(arena, bareNode, chain, head.url)
  const own = contender === bareNode ? bare : await openProject(arena, contender, chain)
  try {
    await measure(own.up, own.folder)
    return await measurePairs(arena.pairs, async () => [
      await measure(bare.up, bare.folder),
      await measure(own.up, own.folder),
    ])
  } finally {
    if (own !== bare) await own.close()
    await bare.close()
  }
}

/** A database that psql has brought to the end of a chain. */
export async function openHead(arena: Arena, chain: Chain): Promise<Opened> {
  const head = await openProject(arena, psql, chain)
  await measure(head.up, head.folder)
  return head
}

type Pair = readonly [baseline: Measured, own: Measured]

/** A run that takes longer is measured once: no noise of this machine is that large. */
const LONG_MS = 60_000

/** Measures pairs one after another. */
export async function measurePairs(count: number, once: () => Promise<Pair>): Promise<Compared> {
  const pairs: Pair[] = []
  while (pairs.length < count) {
    const pair = await once()
    pairs.push(pair)
    if (pair[1].milliseconds > LONG_MS) break
  }
  const peaks = pairs.flatMap(([, { peakMiB }]) => (peakMiB === undefined ? [] : [peakMiB]))
  return {
    ratio: median(pairs.map(([baseline, own]) => own.milliseconds / baseline.milliseconds)),
    milliseconds: median(pairs.map(([, { milliseconds }]) => milliseconds)),
    peakMiB: peaks.length === 0 ? undefined : median(peaks),
    pairs: pairs.length,
  }
}

async function apply(
  arena: Arena,
  contender: Contender,
  chain: Chain,
  expected?: readonly string[],
): Promise<{ measured: Measured; tables: readonly string[]; digest: string }> {
  const project = await openProject(arena, contender, chain)
  try {
    const measured = await measure(project.up, project.folder)
    const tables = expected ?? (await listTables(project.url))
    return { measured, tables, digest: await digest(project.url, tables) }
  } finally {
    await project.close()
  }
}

export type Opened = Prepared & {
  readonly folder: string
  readonly url: string
  close(): Promise<void>
}

/** The project of a contender, and an empty database for it where none is given. */
async function openProject(
  arena: Arena,
  contender: Contender,
  chain: Chain,
  given?: string,
): Promise<Opened> {
  const { installed, databases } = arena
  const database =
    given === undefined ? await databases.create() : { url: given, drop: async () => {} }
  const { url } = database
  const folder = await mkdtemp(join(installed, 'project-'))
  const close = async () => {
    await database.drop()
    await rm(folder, { recursive: true })
  }
  try {
    const prepared = await contender.prepare({ folder, installed, url }, chain)
    const { author } = prepared
    if (author) await writeAuthored(arena, `${contender.name}: ${chain.title}`, author, folder)
    return { ...prepared, folder, url, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What an author leaves is the same each time, so it is made once and copied. */
async function writeAuthored(
  { installed, authored }: Arena,
  key: string,
  author: Command,
  folder: string,
): Promise<void> {
  const made = authored.get(key)
  if (made !== undefined) return copy(made, folder)
  await measure(author, folder)
  const kept = await mkdtemp(join(installed, 'authored-'))
  await copy(folder, kept)
  authored.set(key, kept)
}

function copy(from: string, to: string): Promise<void> {
  return cp(from, to, { recursive: true, filter: isOwn })
}

/** Links to installed packages are made for each project. */
function isOwn(path: string): boolean {
  return basename(path) !== 'node_modules'
}
