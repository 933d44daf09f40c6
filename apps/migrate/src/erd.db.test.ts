import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'
import { migrate } from './testing/cli.ts'

test('the schema of TechFacts is drawn from its migrations, and from a database that has them', async () => {
  await using database = await createTestDatabase()
  expect((await migrate(['up'], { DATABASE_URL: database.url })).exit).toBe(0)
  const recorded = await migrate(['erd'])
  expect([recorded.exit, recorded.stderr]).toEqual([0, ''])
  expect(recorded.stdout).toMatch(/^<svg [^]*<\/svg>\n$/)
  expect(tablesOf(recorded)).toContain('public.sources')
  expect(tablesOf(await migrate(['erd', database.url]))).toEqual(tablesOf(recorded))
  const mermaid = await migrate(['erd', '--format', 'mermaid', '--exclude', 'pgboss'])
  expect(mermaid.stdout).toMatch(/^erDiagram\n {2}"entities" \{\n/)
  expect(mermaid.stdout).not.toContain('pgboss')
})

function tablesOf({ stdout }: { readonly stdout: string }) {
  return [...stdout.matchAll(/ data-table="([^"]*)"/g)].map(([, table]) => table)
}
