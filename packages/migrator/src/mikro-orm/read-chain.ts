import { KnownObjects } from '../known/known-objects.ts'
import type { Migration } from '../migration.ts'
import { releaseAfter } from '../phase/index.ts'
import { listStatements } from '../plan/progress.ts'
import type { Chain } from '../safe-forms/split-phases.ts'
import { parseSql } from '../sql/parse.ts'

/** What there is after migrations, as far as their texts say. */
export async function readChain(migrations: readonly Migration[]): Promise<Chain> {
  const known = new KnownObjects()
  for (const { up } of migrations) {
    for (const { sql } of listStatements(up)) {
      for (const { node } of await parseSql(sql)) known.learn(node)
    }
  }
  return { known, release: await releaseAfter(migrations) }
}
