import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { smallMigrations } from './chains.ts'
import { renderChart } from './chart.ts'
import { compareApplying, type Arena } from './compare.ts'
import type { Contender } from './contender.ts'
import { fromSources, psql } from './contenders.ts'
import { databasesOn } from './database.ts'
import { median } from './measure.ts'
import { renderPage } from './report.ts'

let arena: Arena
beforeEach(async () => {
  const installed = await mkdtemp(join(tmpdir(), 'bench-'))
  const server = inject('testServer')
  if (!server) throw new Error('No test server here.')
  arena = { installed, databases: databasesOn(server.url), pairs: 1 }
})
afterEach(() => rm(arena.installed, { recursive: true }))

const chain = smallMigrations(2)

test('this repository leaves what psql leaves, and its figures are in the report', async () => {
  const compared = await compareApplying(arena, fromSources, chain)
  expect(compared).toEqual({
    ratio: expect.any(Number),
    milliseconds: expect.any(Number),
    peakMiB: expect.any(Number),
  })
  const results = new Map([[fromSources.name, compared]])
  const columns = [{ title: chain.title, baseline: 'psql', results }] as const
  const report = { columns, rows: [psql, fromSources], versions: {}, server: 'a server', pairs: 1 }
  const ratio = compared.ratio.toFixed(2)
  expect(renderPage(report)).toContain(`| ${fromSources.name} | ${ratio} × (`)
  expect(renderChart(report)).toContain(`>${ratio}</text>`)
})

test('a contender that leaves something else has no figures', async () => {
  const other: Contender = {
    ...psql,
    name: 'other',
    prepare: (place, { steps, ...rest }) =>
      psql.prepare(place, {
        ...rest,
        steps: steps.map((step) => ({ ...step, sql: step.sql.replace('text', 'varchar') })),
      }),
  }
  await expect(compareApplying(arena, other, chain)).rejects.toThrow(
    'other has left another schema',
  )
})

test('the middle of an even number of values is between the two in the middle', () => {
  expect(median([4, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})
