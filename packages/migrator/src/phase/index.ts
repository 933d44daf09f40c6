import type { Migration } from '../migration.ts'
import { parseSql } from '../sql/parse.ts'
import { findBreaks, lostKeys } from './breaks.ts'
import { newRelease, type Release, type Rules } from './release.ts'

/** By migration: why it breaks nothing, although its statements say that it does. */
type Exceptions = Readonly<Record<string, string>>

/**
 * The same migrations with the phase that rules: `contract` where a migration says so, or where its statements
 * take something from the release of the application before; an exception that the manifest records with its
 * reason leaves it `expand`. What is hashed is what the class states, and stays as it was.
 */
export async function withPhases(
  migrations: readonly Migration[],
  exceptions: Exceptions = {},
): Promise<Migration[]> {
  const { judged } = await judgeAll(migrations, exceptions)
  return judged
}

/** What the release after these migrations relies on. */
export async function releaseAfter(
  migrations: readonly Migration[],
): Promise<Pick<Release, 'before' | 'functions'>> {
  const { before, functions } = await judgeAll(migrations, {})
  return { before, functions }
}

async function judgeAll(migrations: readonly Migration[], exceptions: Exceptions) {
  let before: Rules = new Map()
  const functions = new Map<string, string>()
  const judged: Migration[] = []
  const names = new Set(migrations.map(({ name }) => name))
  for (const migration of migrations) {
    const { replaces = [] } = migration
    // Next to its parts it makes nothing that they have not made.
    if (replaces.some(({ name }) => names.has(name))) {
      judged.push(withRulingPhase({ ...migration, breaks: [] }, exceptions))
      continue
    }
    const release = newRelease(before, functions)
    const breaks = [...(await breaksOfAll(release, migration)), ...lostKeys(release)]
    // A squash runs only on a database that has nothing yet.
    const counted = replaces.length > 0 ? [] : new Set(breaks)
    judged.push(withRulingPhase({ ...migration, breaks: [...counted] }, exceptions))
    before = release.now
  }
  return { judged, before, functions }
}

/** The same of a migration of which is known what it breaks. */
export function withRulingPhase(migration: Migration, exceptions: Exceptions = {}): Migration {
  const { name, phase, breaks = [] } = migration
  const exception = breaks.length > 0 ? exceptions[name] : undefined
  const isContract = phase === 'contract' || (breaks.length > 0 && !exception)
  return {
    ...migration,
    phase: isContract ? 'contract' : 'expand',
    ...(exception !== undefined && { phaseException: exception }),
  }
}

async function breaksOfAll(release: Release, { up }: Migration): Promise<string[]> {
  if (up.kind !== 'sql') return []
  const breaks: string[] = []
  for (const { sql } of up.statements) {
    for (const { node } of await parseSql(sql)) breaks.push(...findBreaks(release, node))
  }
  return breaks
}
