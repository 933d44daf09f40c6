import { databaseTarget, listArchive, type Project, type RunResult } from '@techfacts/migrator'
import type { TestDatabase } from '@techfacts/postgres/testing'
import {
  chain,
  CHAIN_NAMES,
  COUNTERS,
  doing,
  prepareBase,
  prepareHead,
  query,
  runChain,
  type Way,
} from './chain.ts'
import { readFacts } from './facts.ts'
import {
  keep,
  KEEP_ARGUMENTS,
  KEEP_CONFIG,
  KEEP_NAMES,
  prepareKeepBase,
  prepareKeepHead,
  runKeep,
} from './keep.ts'
import { recordSides, type Doing } from './stop-point.ts'

/** A run that is stopped at each of its points. */
export interface Path {
  readonly name: string
  readonly way: Way
  readonly project: Project
  /** What it applies or takes back, in the order of the project. */
  readonly migrations: readonly string[]
  readonly prepare: (url: string) => Promise<void>
  readonly doing: Doing
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
    doing: doing('up'),
    run: (url) => runChain(url, 'up'),
    runBack: (url) => runChain(url, 'down'),
  },
  {
    ...CHAIN,
    name: 'the way down',
    way: 'down',
    prepare: prepareHead,
    doing: doing('down'),
    run: (url) => runChain(url, 'down'),
    runBack: (url) => runChain(url, 'up'),
  },
  {
    ...KEEP,
    name: 'the way down with rows',
    way: 'down',
    prepare: prepareKeepHead,
    doing: doingKeep('down'),
    run: (url) => runKeep(url, 'down'),
    runBack: (url) => runKeep(url, 'up'),
  },
  {
    ...KEEP,
    name: 'the way up again',
    way: 'up',
    prepare: prepareKeepBase,
    doing: doingKeep('up'),
    run: (url) => runKeep(url, 'up'),
    runBack: (url) => runKeep(url, 'down'),
  },
]

function doingKeep(way: Way): Doing {
  return {
    inProcess: (url) => runKeep(url, way),
    args: [...KEEP_ARGUMENTS[way], '--config', KEEP_CONFIG],
  }
}

/** A path that nothing has disturbed: what every other trial of it is held against. */
export interface Undisturbed {
  /** The side that sent each of its messages. */
  readonly sides: readonly string[]
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
  const sides = await recordSides(url, path.doing)
  const counts = await query(url, `select n from counter where name = any($1)`, [
    COUNTERS.map((name) => `${name} ${path.way}`),
  ]).catch(() => [])
  return {
    sides,
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
