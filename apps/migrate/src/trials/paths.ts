import { databaseTarget, listArchive, type Project, type RunResult } from '@techfacts/migrator'
import type { TestDatabase } from '@techfacts/postgres/testing'
import { recordMessages, type Sent, type Work } from '@techfacts/trials'
import {
  chain,
  CHAIN_NAMES,
  chainWork,
  COUNTERS,
  prepareBase,
  prepareHead,
  query,
  runChain,
  type Way,
} from './chain.ts'
import { readFacts } from './facts.ts'
import { keep, KEEP_NAMES, keepWork, prepareKeepBase, prepareKeepHead, runKeep } from './keep.ts'

/** A run that is stopped at each of its points. */
export interface Path {
  readonly name: string
  readonly way: Way
  readonly project: Project
  /** What it applies or takes back, in the order of the project. */
  readonly migrations: readonly string[]
  readonly prepare: (url: string) => Promise<void>
  readonly work: Work
  readonly run: (url: string) => Promise<RunResult>
  readonly runBack: (url: string) => Promise<RunResult>
  /** Whether the way back ends with what was there before, the rows of people included. */
  readonly isReversible: boolean
}

const CHAIN = { project: chain, migrations: CHAIN_NAMES, isReversible: false } as const
const KEEP = { project: keep, migrations: KEEP_NAMES, isReversible: true } as const

export const PATHS: readonly Path[] = [
  {
    ...CHAIN,
    name: 'the way up',
    way: 'up',
    prepare: prepareBase,
    work: chainWork('up'),
    run: (url) => runChain(url, 'up'),
    runBack: (url) => runChain(url, 'down'),
  },
  {
    ...CHAIN,
    name: 'the way down',
    way: 'down',
    prepare: prepareHead,
    work: chainWork('down'),
    run: (url) => runChain(url, 'down'),
    runBack: (url) => runChain(url, 'up'),
  },
  {
    ...KEEP,
    name: 'the way down with rows',
    way: 'down',
    prepare: prepareKeepHead,
    work: keepWork('down'),
    run: (url) => runKeep(url, 'down'),
    runBack: (url) => runKeep(url, 'up'),
  },
  {
    ...KEEP,
    name: 'the way up again',
    way: 'up',
    prepare: prepareKeepBase,
    work: keepWork('up'),
    run: (url) => runKeep(url, 'up'),
    runBack: (url) => runKeep(url, 'down'),
  },
]

/** An undisturbed path, with which every other trial of it is compared. */
export interface Undisturbed {
  readonly messages: readonly Sent[]
  /** The last row of the journal before. */
  readonly since: number
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** How often each counting statement of the path has run. */
  readonly counts: readonly number[]
}

export async function walkUndisturbed(
  path: Path,
  { url }: Pick<TestDatabase, 'url'>,
): Promise<Undisturbed> {
  const since = await lastJournalled(url)
  const before = await readWhole(path, url)
  const messages = await recordMessages(url, path.work)
  const counts = await query(
    url,
    `select count(*) as n from counter where name = any($1) group by name`,
    [COUNTERS.map((name) => `${name} ${path.way}`)],
  ).catch(() => [])
  return {
    messages,
    since,
    before,
    after: await readWhole(path, url),
    counts: counts.map(({ n }) => Number(n)),
  }
}

async function lastJournalled(url: string): Promise<number> {
  const [there] = await query(url, `select to_regclass('migrator.history') is not null as yes`)
  if (there?.['yes'] !== true) return 0
  const [row] = await query(url, `select max(id)::int as id from migrator.history`)
  return Number(row?.['id'])
}

/** The facts of a database and what its archive holds. */
export async function readWhole({ project }: Path, url: string): Promise<string[]> {
  const entries = await listArchive(project, databaseTarget(url))
  const relations = await query(
    url,
    `select count(*) as n from pg_class where relnamespace = to_regnamespace('migrator_archive') and relkind in ('r', 'p')
     having count(*) > 0`,
  )
  return [
    ...(await readFacts(url)),
    ...entries
      .map(({ table, columns, rows }) => `archived ${table} ${columns.join()} ${rows}`)
      .toSorted(),
    ...relations.map(({ n }) => `archive of ${Number(n)} relations`),
  ]
}
