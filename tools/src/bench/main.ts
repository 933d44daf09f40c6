/**
 * `pnpm bench [--pairs N] [--only NAME]…`: this repository's engine beside other tools, from npm and Debian alone.
 * Without `--only` it writes docs/benchmarks.md and its chart. After each result it writes what it has so far into a file
 * of the folder for temporary files. It ends with 1 where a contender failed; the others are in the report all the same.
 */

import { startServer, type Server } from '@techfacts/postgres'
import { writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../root.ts'
import { renderChart } from './chart.ts'
import type { Contender } from './contender.ts'
import { bareNode, contenders, psql } from './contenders.ts'
import { databasesOn } from './database.ts'
import { install } from './install.ts'
import { listWorks, measureAll } from './measure-all.ts'
import { renderPage, time, type Report } from './report.ts'
import { isCompared, type Column, type Result } from './result.ts'

const MAJOR = 18
const SO_FAR = join(tmpdir(), 'techfacts-benchmarks.json')
const ALL = [psql, bareNode, ...contenders]

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true, default: [] },
  },
})
const pairs = Number(values.pairs)
if (!Number.isInteger(pairs) || pairs < 1) throw new Error('--pairs must be a number from 1 on.')
const chosen = chooseContenders(values.only)

function chooseContenders(only: readonly string[]): readonly Contender[] {
  const unknown = only.filter((name) => !ALL.some((one) => one.name === name))
  if (unknown.length > 0) {
    throw new Error(
      `Not known: ${unknown.join(', ')}. Known: ${ALL.map(({ name }) => name).join('; ')}`,
    )
  }
  return only.length === 0 ? ALL : ALL.filter(({ name }) => only.includes(name))
}

function report(columns: readonly Column[], title: string, name: string, result: Result): void {
  const entries = columns.map((column) => ({ ...column, results: [...column.results] }))
  writeFileSync(SO_FAR, JSON.stringify({ pairs, columns: entries }, undefined, 2))
  const { baseline = '' } = columns.at(-1) ?? {}
  const said = isCompared(result)
    ? `${result.ratio.toFixed(2)} × ${baseline}, ${time(result.milliseconds)}, ${Math.round(result.peakMiB ?? NaN)} MiB`
    : `failed: ${result.failure}`
  const seconds = Math.round(performance.now() / 1000)
  console.log(`${seconds} s: ${title}, ${name}: ${said}`)
}

async function readVersions(folder: string): Promise<Record<string, string>> {
  const names = Object.keys(Object.assign({}, ...contenders.map((one) => one.packages)))
  const entries = names.map(async (name) => {
    const path = join(folder, 'node_modules', name, 'package.json')
    const text = await readFile(path, 'utf8').catch(() => undefined)
    return text === undefined ? [] : [[name, String(JSON.parse(text).version)] as const]
  })
  return Object.fromEntries((await Promise.all(entries)).flat())
}

async function bench(folder: string, server: Server): Promise<void> {
  const notInstalled = await install(folder, [bareNode, ...chosen])
  const arena = {
    installed: folder,
    databases: databasesOn(server.url),
    pairs,
    authored: new Map<string, string>(),
  }
  const columns = await measureAll(arena, await listWorks(), chosen, notInstalled, report)
  const isWhole = columns.every(({ results }) => [...results.values()].every(isCompared))
  process.exitCode = isWhole ? 0 : 1
  if (chosen.length < ALL.length) return
  const versions = await readVersions(folder)
  const whole: Report = { columns, rows: ALL, versions, server: `PostgreSQL ${MAJOR}`, pairs }
  await writeFile(join(ROOT, 'docs/benchmarks.md'), renderPage(whole))
  await writeFile(join(ROOT, 'docs/benchmarks.svg'), renderChart(whole))
}

const folder = await mkdtemp(join(tmpdir(), 'techfacts-bench-'))
const server = await startServer({ folder: join(folder, 'server'), major: MAJOR })

async function leave(): Promise<void> {
  await server.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.error(`Interrupted. What was measured is in ${SO_FAR}.`)
    void leave().finally(() => process.exit(130))
  })
}
console.log(`What is measured is kept in ${SO_FAR}.`)
try {
  await bench(folder, server)
} finally {
  await leave()
}
