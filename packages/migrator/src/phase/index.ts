import type { Migration } from '../migration.ts'
import { parseSql } from '../sql/parse.ts'
import { findBreaks, lostKeys } from './breaks.ts'
import type { Release, Rules } from './release.ts'

/**
 * The same migrations with the phase that rules: `contract` where a migration says so, or where its statements
 * take something from the release of the application before; an exception that the manifest records with its
 * reason leaves it `expand`. What is hashed is what the class states, and stays as it was.
 */
export async function withPhases(
  migrations: readonly Migration[],
  exceptions: Readonly<Record<string, string>> = {},
): Promise<Migration[]> {
  let before: Rules = new Map()
  const functions = new Map<string, string>()
  const judged: Migration[] = []
  for (const migration of migrations) {
    const release: Release = {
      before,
      now: new Map(before),
      functions,
      made: new Set(),
      added: new Map(),
    }
    const breaks = [...(await breaksOfAll(release, migration)), ...lostKeys(release)]
    const exception = breaks.length > 0 ? exceptions[migration.name] : undefined
    const isContract = migration.phase === 'contract' || (breaks.length > 0 && !exception)
    judged.push({
      ...migration,
      phase: isContract ? 'contract' : 'expand',
      breaks: [...new Set(breaks)],
      ...(exception !== undefined && { phaseException: exception }),
    })
    before = release.now
  }
  return judged
}

async function breaksOfAll(release: Release, { up }: Migration): Promise<string[]> {
  if (up.kind !== 'sql') return []
  const breaks: string[] = []
  for (const { sql } of up.statements) {
    for (const { node } of await parseSql(sql)) breaks.push(...findBreaks(release, node))
  }
  return breaks
}
