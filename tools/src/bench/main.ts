/**
 * `pnpm bench [--pairs N] [--only NAME]…`: this repository's engine beside other tools, from npm and Debian alone.
 * Without `--only` it writes docs/benchmarks.md and its chart.
 */

import { startServer } from '@techfacts/postgres'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../root.ts'
import { elevenTables, smallMigrations, type Chain } from './chains.ts'
import { renderChart } from './chart.ts'
import { compareApplying, compareNothingPending, type Arena, type Compared } from './compare.ts'
import type { Contender } from './contender.ts'
import { bareNode, contenders, psql } from './contenders.ts'
import { databasesOn } from './database.ts'
import { install } from './install.ts'
import { renderPage, time, type Column, type Report } from './report.ts'

const MAJOR = 18

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true, default: [] },
  },
})
const pairs = Number(values.pairs)
const only = new Set(values.only)

interface Work {
  readonly title: string
  readonly baseline: Contender
  readonly compare: (arena: Arena, contender: Contender) => Promise<Compared>
}

function applying(chain: Chain): Work {
  const compare: Work['compare'] = (arena, one) => compareApplying(arena, one, chain)
  return { title: chain.title, baseline: psql, compare }
}

function nothingPending(chain: Chain): Work {
  const compare: Work['compare'] = (arena, one) => compareNothingPending(arena, one, chain)
  return { title: `Nothing pending after ${chain.steps.length}`, baseline: bareNode, compare }
}

async function works(): Promise<Work[]> {
  const [small, thousand] = [smallMigrations(10), smallMigrations(1000)]
  return [
    ...[await elevenTables(), small, smallMigrations(100), thousand].map(applying),
    ...[small, thousand].map(nothingPending),
  ]
}

function isChosen({ name }: Contender): boolean {
  return only.size === 0 || only.has(name)
}

async function measureAll(arena: Arena): Promise<Column[]> {
  const columns: Column[] = []
  for (const { title, baseline, compare } of await works()) {
    const results = new Map<string, Compared>()
    for (const contender of [baseline, ...contenders].filter(isChosen)) {
      const compared = await compare(arena, contender)
      results.set(contender.name, compared)
      const { ratio, milliseconds, peakMiB = NaN } = compared
      console.log(
        `${title}, ${contender.name}: ${ratio.toFixed(2)} × ${baseline.name}, ${time(milliseconds)}, ${Math.round(peakMiB)} MiB`,
      )
    }
    columns.push({ title, baseline: baseline === psql ? 'psql' : 'bare Node', results })
  }
  return columns
}

async function versionsIn(folder: string): Promise<Record<string, string>> {
  const names = Object.assign(
    { '@techfacts/migrator': '' },
    ...contenders.map((one) => one.packages),
  )
  const entries = Object.keys(names).map(async (name) => {
    const manifest = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8')
    return [name, String(JSON.parse(manifest).version)] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

const folder = await mkdtemp(join(tmpdir(), 'techfacts-bench-'))
const server = await startServer({ folder: join(folder, 'server'), major: MAJOR })
try {
  await install(folder, [bareNode, ...contenders.filter(isChosen)])
  const arena = { installed: folder, databases: databasesOn(server.url), pairs }
  const columns = await measureAll(arena)
  if (only.size === 0) {
    const report: Report = {
      columns,
      rows: [psql, bareNode, ...contenders],
      versions: await versionsIn(folder),
      server: `PostgreSQL ${MAJOR}`,
      pairs,
    }
    await writeFile(join(ROOT, 'docs/benchmarks.md'), renderPage(report))
    await writeFile(join(ROOT, 'docs/benchmarks.svg'), renderChart(report))
  }
} finally {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}
