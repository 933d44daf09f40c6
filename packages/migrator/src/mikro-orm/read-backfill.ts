import { failure, type MigratorError } from '../errors/index.ts'
import { isDeepStrictEqual } from 'node:util'
import type { Backfill, Body } from '../migration.ts'
import { mayOverwrite, readBackfill } from '../sql/backfill.ts'
import { SyntaxProblem } from '../sql/parse.ts'
import { UnusableStatement } from '../sql/read-statement.ts'
import { asElsewhere } from './elsewhere.ts'
import { calledElsewhere } from './env.ts'

export type SqlBody = Extract<Body, { readonly kind: 'sql' }>

/**
 * What the method `backfill` of a class returns, as statements: `call` calls it, with a configuration.
 * Throws NOT_A_MIGRATION, STATEMENT_UNUSABLE.
 */
export async function readBackfillBody<Config extends object>(
  name: string,
  config: Config,
  call: (config: Config) => unknown,
): Promise<SqlBody> {
  const here = call(config)
  const there = calledElsewhere(() => call(asElsewhere(config)))
  if (!isDeepStrictEqual(here, there))
    throw notAMigration(name, 'its backfill is another one in another environment or configuration')
  const backfill = requireBackfill(here, name)
  const text = backfill.statement ?? backfill.remains
  const statement = await orUnusable(name, text, () => readBackfill(backfill))
  return { kind: 'sql', statements: [statement] }
}

/** A class that comes without types may return anything. */
function requireBackfill(given: unknown, file: string): Backfill {
  const refuse = (says: string) => notAMigration(file, `its backfill ${says}`)
  if (typeof given !== 'object' || given === null) throw refuse('is no object')
  const unknown = Object.keys(given).find((one) => !BACKFILL_KEYS.has(one))
  if (unknown !== undefined) throw refuse(`has ${unknown}, which means nothing`)
  const { schema, table, key, set, statement, remains } = given as Partial<Record<string, unknown>>
  if (!isText(table) || !(schema === undefined || isText(schema))) throw refuse('names no table')
  if (!isText(remains)) throw refuse('does not say which rows remain')
  if (!(key === undefined || (Array.isArray(key) && key.length > 0 && key.every(isText))))
    throw refuse('has a key that is no list of columns')
  const sets = set === undefined ? [] : Object.values(set as object)
  const isSet = sets.length > 0 && sets.every(isText)
  if (isSet === isText(statement)) throw refuse('has either `set` or `statement`')
  return given as Backfill
}

function isText(one: unknown): boolean {
  return typeof one === 'string' && one.trim() !== ''
}

const BACKFILL_KEYS: ReadonlySet<string> = new Set([
  'schema',
  'table',
  'key',
  'set',
  'statement',
  'remains',
] satisfies (keyof Backfill)[])

function notAMigration(file: string, reason: string): MigratorError {
  return failure('NOT_A_MIGRATION', { file, reason })
}

/**
 * The way back of a class that states none: what it has filled goes with what was made for it. Values that it writes over
 * are another matter: how to get those back, nobody has said.
 */
export async function nothingToRevert({ statements }: SqlBody): Promise<Body> {
  for (const { backfill } of statements)
    if (backfill && (await mayOverwrite(backfill)))
      return { kind: 'none', reason: 'It may write over values, and states no down().' }
  return { kind: 'sql', statements: [] }
}

/** Reads SQL of a migration. Throws STATEMENT_UNUSABLE where it cannot be part of one. */
export async function orUnusable<T>(
  migration: string,
  sql: string,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof SyntaxProblem) && !(error instanceof UnusableStatement)) throw error
    const statement = error instanceof UnusableStatement ? error.statement : sql
    throw failure('STATEMENT_UNUSABLE', { migration, statement, reason: error.message }, error)
  }
}
