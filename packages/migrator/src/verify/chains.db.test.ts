import { createTestDatabase, isSoak } from '@techfacts/postgres/testing'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { VerifiedMigration } from './report.ts'
import { readChain, verifyChain } from './tests/verify-chain.ts'

/** Five migrations of one project stand for the others, which take minutes. */
const CHAINS = isSoak
  ? ['graphile-worker', 'medusa-order', 'pg-boss'].map((project) => ({ project, which: '..' }))
  : [{ project: 'graphile-worker', which: 'Migration000009..Migration000013' }]

test.each(CHAINS)(
  'the chain of another project has the faults that it has: $project',
  { timeout: 900_000 },
  async ({ project, which }) => {
    await using server = await createTestDatabase()
    const folder = join(import.meta.dirname, 'tests/chains', project)
    const started = performance.now()
    const { migrations, unreached } = await verifyChain(server.url, await readChain(folder), {
      which,
    })
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`verify: ${project}, ${migrations.length} migrations in ${seconds} s`)
    const known: Outcomes = JSON.parse(await readFile(join(folder, 'outcome.json'), 'utf8'))
    const names = new Set(migrations.map(({ name }) => name))
    const expected = Object.entries(known).filter(([name]) => which === '..' || names.has(name))
    expect(unreached).toEqual([])
    expect(Object.fromEntries(migrations.map(describe))).toEqual(Object.fromEntries(expected))
  },
)

type Outcomes = Readonly<Record<string, Readonly<Record<string, unknown>>>>

function describe(found: VerifiedMigration): [string, Outcomes[string]] {
  const { name, verdict, faults, unproved, notRestored } = found
  const faulty = faults.map(({ step, cause, object }) => `${step}: ${cause} ${object}`)
  // Partitions of pg-boss have the day in their names.
  const gaps = unproved.map(({ object }) => object.replace(/_\d{8}$/, '_<day>'))
  const lists = { faults: faulty, unproved: gaps, notRestored }
  const told = Object.entries(lists).filter(([, list]) => list.length > 0)
  return [name, { verdict, ...Object.fromEntries(told) }]
}
