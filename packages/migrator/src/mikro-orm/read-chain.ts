import { KnownObjects } from '../known/known-objects.ts'
import type { Migration } from '../migration.ts'
import { releaseAfter } from '../phase/index.ts'
import { listStatements } from '../plan/progress.ts'
import type { Chain } from '../safe-forms/split-phases.ts'
import { parseSql } from '../sql/parse.ts'

/** What there is after migrations, as far as their texts say, and what the previous release knows, which has those of some names. */
export async function readChain(
  migrations: readonly Migration[],
  released: ReadonlySet<string> = new Set(),
): Promise<Chain> {
  const previous = migrations.filter(({ name }) => released.has(name))
  return {
    known: await learnAll(migrations),
    ...(previous.length > 0 && { previous: await learnAll(previous) }),
    release: await releaseAfter(migrations),
  }
}

async function learnAll(migrations: readonly Migration[]): Promise<KnownObjects> {
  const known = new KnownObjects()
  for (const { up } of migrations) {
    for (const { sql } of listStatements(up)) {
      for (const { node } of await parseSql(sql)) known.learn(node)
    }
  }
  return known
}
