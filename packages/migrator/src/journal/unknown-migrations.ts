import { standsFor, type KnownMigration } from '../plan/known-migration.ts'
import type { ClientBase } from 'pg'
import type { DatabaseState, JournalledBody, JournalledMigration } from '../database-state.ts'
import type { Body, Migration } from '../migration.ts'
import { appliedUnknown } from '../plan/integrity.ts'
import { isHalfDone } from '../plan/progress.ts'
import type { Target } from '../plan/targets.ts'
import { journalIn } from './former-words.ts'

/**
 * The migrations that a newer build has applied, or begun, and that the files at hand do not know: as the
 * journal has them, in the order of the ledger. One that it has no way back of says why in its `down`.
 */
export async function readUnknownMigrations(
  client: ClientBase,
  known: readonly KnownMigration[],
  state: DatabaseState,
): Promise<Migration[]> {
  const ours = new Set(known.flatMap(standsFor))
  const applied = state.ledger.map(({ name }) => name)
  const begun = [...state.unfinished].flatMap(([name, entries]) =>
    isHalfDone(entries) ? [name] : [],
  )
  const names = [...new Set([...applied, ...begun])].filter((name) => !ours.has(name))
  if (names.length === 0) return []
  const rows = await readJournalled(client, names, state)
  return Promise.all(
    names.map(async (name) => {
      const found = rows.find(({ migration }) => migration === name)
      // Another tool has written the ledger since: nobody knows which text it ran.
      const isTheirs = state.completed.get(name)?.checksum === null
      return isTheirs || !found ? untold(name, 'another tool applied it') : rebuild(found)
    }),
  )
}

/**
 * All that a way back may go through: what is applied, with what only the journal knows after all that the ledger has
 * before it, and the rest.
 */
export function withUnknownMigrations<T extends { readonly name: string }>(
  known: readonly T[],
  foreign: readonly T[],
  { ledger }: DatabaseState,
): T[] {
  if (foreign.length === 0) return [...known]
  const places = new Map(ledger.map(({ name }, place) => [name, place]))
  const isApplied = ({ name }: T) => places.has(name)
  const all = known.filter(isApplied)
  const placeOf = ({ name }: T) => places.get(name) ?? Number.POSITIVE_INFINITY
  for (const one of foreign) {
    const before = all.findLastIndex((other) => placeOf(other) < placeOf(one))
    all.splice(before + 1, 0, one)
  }
  return [...all, ...known.filter((one) => !isApplied(one))]
}

/** A project's migrations with those that only the journal knows. */
export function including(
  { migrations }: { readonly migrations: readonly { readonly migration: Migration }[] },
  foreign: readonly Migration[],
  state: DatabaseState,
): { readonly migrations: readonly { readonly migration: Migration }[] } {
  const known = migrations.map(({ migration }) => migration)
  return {
    migrations: withUnknownMigrations(known, foreign, state).map((migration) => ({ migration })),
  }
}

/**
 * On the way back, `head` is the newest migration of the files at hand that is applied, or begun. Throws APPLIED_UNKNOWN
 * where none of them is applied: this is another database, or another project, and all of it would be reverted.
 */
export function ownHead(
  target: Target,
  known: readonly KnownMigration[],
  state: DatabaseState,
): Target {
  if (target !== 'head') return target
  const { ledger, unfinished } = state
  const applied = new Set(ledger.map(({ name }) => name))
  const isApplied = (one: KnownMigration) => standsFor(one).some((name) => applied.has(name))
  if (applied.size > 0 && !known.some(isApplied)) {
    throw appliedUnknown([...applied], state, { hasOwn: false })
  }
  const isThere = (one: KnownMigration) => isApplied(one) || isHalfDone(unfinished.get(one.name))
  return known.findLast(isThere)?.name ?? 'base'
}

interface JournalledRow {
  readonly migration: string
  readonly phase: Migration['phase']
  readonly checksum: string
  readonly definition: JournalledMigration
}

async function readJournalled(
  client: ClientBase,
  names: readonly string[],
  { exists, ledgerTable }: DatabaseState,
): Promise<JournalledRow[]> {
  if (!exists.journal) return []
  const { rows } = await client.query<JournalledRow>(
    `select distinct on (migration) migration, phase, checksum, definition from ${journalIn(exists)}
      where migration = any($1) and direction = 'up' and definition is not null and coalesce(ledger, $2) = $2
      order by migration, id desc`,
    [names, ledgerTable],
  )
  return rows
}

async function rebuild({
  migration: name,
  phase,
  checksum,
  definition,
}: JournalledRow): Promise<Migration> {
  const { transactional, downRequires } = definition
  const up = await readBody(definition.up, transactional)
  const down = await readBody(definition.down, transactional)
  return { name, phase, checksum, transactional, up, down, requires: [], ensures: [], downRequires }
}

async function readBody(body: JournalledBody, transactional: boolean): Promise<Body> {
  if (body.kind === 'none') return body
  if (body.kind === 'code')
    return { kind: 'none', reason: `it runs code, which the journal does not hold. ${ITS_BUILD}` }
  const { readStatements } = await import('../sql/read-statement.ts')
  const statements = body.statements.map(async (sql) => readStatements(sql, transactional))
  return { kind: 'sql', statements: (await Promise.all(statements)).flat() }
}

function untold(name: string, why: string): Migration {
  const none = { kind: 'none', reason: `${why}, and its text is nowhere. ${ITS_BUILD}` } as const
  return {
    name,
    phase: 'expand',
    checksum: '',
    transactional: true,
    up: none,
    down: none,
    requires: [],
    ensures: [],
    downRequires: [],
  }
}

const ITS_BUILD = 'Run the build that has its file'
