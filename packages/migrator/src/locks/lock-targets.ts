import { asAuthor, authorsSchemas, type Querying } from '../session/author.ts'
import { askAgain } from '../session/prepared.ts'
import { readMeanings, type AuthorsName } from '../session/meanings.ts'
import {
  LOCK_MODES,
  LOCK_WORKS,
  type LockMode,
  type LockWork,
  type TableLock,
} from '../migration.ts'
import type { PositionedStatement } from '../plan/segments.ts'
import { MadeBefore, type Coming, type FoundLock } from './made-before.ts'
import { writeTargets } from './target-query.ts'

/** A relation that is there, and the strongest lock that is wanted on it. */
export interface LockTarget {
  readonly oid: number
  /** As PostgreSQL prints it: qualified where the search path does not find it. */
  readonly relation: string
  /** Always qualified, and quoted where it must be. */
  readonly qualified: string
  /** pg_class.relkind: `r` table, `p` partitioned table, `m` materialized view, `i` index, … */
  readonly kind: string
  readonly mode: LockMode
  /** The heaviest that is done to it. */
  readonly work?: LockWork
}

/** What a statement locks, by itself and for the archive. */
export function listLocks({
  locks,
  keptBy = [],
}: Pick<Scope['statements'][number], 'locks' | 'keptBy'>): readonly TableLock[] {
  return [...locks, ...keptBy]
}

/** A lock, and what its name means. */
export interface MeantLock extends FoundLock {
  readonly found: string | null
  /** Of `type`. */
  readonly foundType?: string | null
}

/** Statements with what was set before them. */
export interface Scope {
  readonly settings: readonly string[]
  readonly statements: readonly (Coming &
    Pick<PositionedStatement, 'sql' | 'isSet' | 'completion' | 'keptBy'>)[]
  /** Statements before those that have not run yet either. */
  readonly earlier?: readonly Coming[]
}

/**
 * Resolves the names in the locks of statements as each statement would, under all that is set before it; `chosen`
 * selects the locks. It has to run in a transaction, whose end undoes those settings.
 */
export async function meantBy(
  client: Querying,
  { settings, statements, earlier = [] }: Scope,
  chosen: (statement: Scope['statements'][number]) => readonly TableLock[] = listLocks,
): Promise<MeantLock[]> {
  return asAuthor(client, async () => {
    for (const setting of settings) await client.query(setting)
    const meant: MeantLock[] = []
    let waiting: FoundLock[] = []
    const made = new MadeBefore()
    for (const statement of earlier) made.follow(statement)
    for (const statement of statements) {
      waiting.push(...chosen(statement).flatMap((lock) => made.find(lock)))
      made.follow(statement)
      if (!statement.isSet) continue
      meant.push(...(await meantNow(client, waiting)))
      waiting = []
      await client.query(statement.sql)
    }
    return [...meant, ...(await meantNow(client, waiting))]
  })
}

async function meantNow(client: Querying, locks: readonly FoundLock[]): Promise<MeantLock[]> {
  if (locks.length === 0) return []
  const names = locks.map(({ schema, table: name, through }): AuthorsName => {
    const kind = through === 'domain' ? 'type' : 'relation'
    return { kind, name, ...(schema !== undefined && { schema }) }
  })
  const types = locks.flatMap(({ type }): AuthorsName[] =>
    type ? [{ kind: 'type', ...type }] : [],
  )
  const oids = await readMeanings(client, [...names, ...types])
  const ofTypes = oids.slice(names.length).values()
  return locks.map((lock, position) => ({
    ...lock,
    found: oids[position] ?? null,
    ...(lock.type && { foundType: ofTypes.next().value ?? null }),
  }))
}

/**
 * Finds what is locked in this database: the relations that are there now, each once. What an earlier statement of
 * the same run would only make is not among them. One query, no lock.
 */
export async function lockTargets(
  client: Querying,
  locks: readonly MeantLock[],
): Promise<LockTarget[]> {
  if (locks.length === 0) return []
  const wanted = locks.map(({ mode, work, ...lock }) => ({
    ...lock,
    rank: LOCK_MODES.indexOf(mode),
    weight: work === undefined ? null : LOCK_WORKS.indexOf(work),
  }))
  const { rows } = await askAgain<FoundTarget>(client, writeTargets(locks), [
    JSON.stringify(wanted),
    authorsSchemas(client),
  ])
  return rows.map(({ rank, weight, ...target }) => {
    const work = weight === null ? undefined : LOCK_WORKS[weight]
    return { ...target, mode: LOCK_MODES[rank] ?? 'ACCESS EXCLUSIVE', ...(work && { work }) }
  })
}

interface FoundTarget extends Omit<LockTarget, 'mode' | 'work'> {
  readonly rank: number
  readonly weight: number | null
}
