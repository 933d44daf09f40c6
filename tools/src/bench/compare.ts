import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Chain } from './chains.ts'
import type { Contender, Prepared } from './contender.ts'
import { bareNode, psql } from './contenders.ts'
import { digest, listTables, type Databases } from './database.ts'
import { measure, median, type Measured } from './measure.ts'

/** A contender against its baseline: the medians of runs in pairs, one right after the other. */
export interface Compared {
  readonly ratio: number
  readonly milliseconds: number
  readonly peakMiB: number | undefined
}

/** Where contenders are measured. */
export interface Arena {
  /** The folder whose `node_modules` holds all contenders. */
  readonly installed: string
  readonly databases: Databases
  readonly pairs: number
}

/** An empty database to the end of a chain, beside psql. Throws where a contender leaves something else behind. */
export async function compareApplying(
  arena: Arena,
  contender: Contender,
  chain: Chain,
): Promise<Compared> {
  const pairs: Pair[] = []
  for (let n = 0; n < arena.pairs; n += 1) {
    const baseline = await apply(arena, psql, chain)
    const own = await apply(arena, contender, chain, baseline.tables)
    if (own.digest !== baseline.digest) {
      throw new Error(`${contender.name} has left another schema than psql: ${chain.title}`)
    }
    pairs.push([baseline.measured, own.measured])
  }
  return summary(pairs)
}

/** A database that is at the end of its chain, beside a bare Node script that reads the ledger. */
export async function compareNothingPending(
  arena: Arena,
  contender: Contender,
  chain: Chain,
): Promise<Compared> {
  const opened: Opened[] = []
  const open = async (one: Contender, url?: string) => {
    const project = await openProject(arena, one, chain, url)
    opened.push(project)
    return project
  }
  try {
    const { up, folder, url } = await open(psql)
    await measure(up, folder)
    const bare = await open(bareNode, url)
    const own = contender === bareNode ? bare : await open(contender)
    await measure(own.up, own.folder)
    const pairs: Pair[] = []
    for (let n = 0; n < arena.pairs; n += 1) {
      pairs.push([await measure(bare.up, bare.folder), await measure(own.up, own.folder)])
    }
    return summary(pairs)
  } finally {
    for (const project of opened.toReversed()) await project.close()
  }
}

type Pair = readonly [baseline: Measured, own: Measured]

function summary(pairs: readonly Pair[]): Compared {
  const peaks = pairs.flatMap(([, { peakMiB }]) => (peakMiB === undefined ? [] : [peakMiB]))
  return {
    ratio: median(pairs.map(([baseline, own]) => own.milliseconds / baseline.milliseconds)),
    milliseconds: median(pairs.map(([, { milliseconds }]) => milliseconds)),
    peakMiB: peaks.length === 0 ? undefined : median(peaks),
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

type Opened = Prepared & {
  readonly folder: string
  readonly url: string
  close(): Promise<void>
}

/** The project of a contender, and an empty database for it where none is given. */
async function openProject(
  { installed, databases }: Arena,
  contender: Contender,
  chain: Chain,
  given?: string,
): Promise<Opened> {
  const database =
    given === undefined ? await databases.create() : { url: given, drop: async () => {} }
  const { url } = database
  const folder = await mkdtemp(join(installed, 'project-'))
  const prepared = await contender.prepare({ folder, installed, url }, chain)
  if (prepared.author) await measure(prepared.author, folder)
  return {
    ...prepared,
    folder,
    url,
    close: async () => {
      await database.drop()
      await rm(folder, { recursive: true })
    },
  }
}
