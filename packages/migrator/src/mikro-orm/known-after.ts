import { KnownObjects } from '../known/known-objects.ts'
import type { Migration } from '../migration.ts'
import { listStatements } from '../plan/progress.ts'
import { parseSql } from '../sql/parse.ts'

/** What there is after migrations, as far as their texts say. */
export async function knownAfter(migrations: readonly Migration[]): Promise<KnownObjects> {
  const known = new KnownObjects()
  for (const { up } of migrations) {
    for (const { sql } of listStatements(up)) {
      for (const { node } of await parseSql(sql)) known.learn(node)
    }
  }
  return known
}
