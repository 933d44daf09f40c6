import { hintAtExtension } from './extension-types.ts'
import { maskRow, maskSecrets, maskValue } from './mask-secrets.ts'

/**
 * What PostgreSQL says of an error or a notice, in its own fields. No password is in them, and no row but of a table that
 * is known to keep none.
 * https://www.postgresql.org/docs/18/protocol-error-fields.html
 */
export interface PostgresError {
  readonly sqlstate: string
  readonly severity: string
  readonly message: string
  readonly detail?: string
  readonly hint?: string
  /** The functions and statements that it happened in. */
  readonly where?: string
  readonly schema?: string
  readonly table?: string
  readonly column?: string
  readonly dataType?: string
  readonly constraint?: string
  /** In characters from 1, within the statement. */
  readonly position?: number
  /** A statement that a function ran, and the place in that. */
  readonly internalQuery?: string
  readonly internalPosition?: number
}

/**
 * The PostgreSQL error that `error` is, or that a driver or an ORM has wrapped in it; undefined where there is none.
 * By its form, not its class: it may come from another copy of pg.
 */
export function findPostgresError(error: unknown): PostgresError | undefined {
  const raw = findRawError(error)
  return raw && readFields(raw)
}

/** undefined_table and invalid_schema_name. */
const GONE = new Set(['42P01', '3F000'])

/** True where a table or a schema is not there. */
export function isGone(error: unknown): boolean {
  return GONE.has(findPostgresError(error)?.sqlstate ?? '')
}

const ofHarmlessTables = new WeakSet<object>()

/** From now on the error shows values of the row that it is about: no column of its table is called like a secret. */
export function showRow(error: unknown): void {
  const raw = findRawError(error)
  if (raw) ofHarmlessTables.add(raw)
}

const ofSecretStatements = new WeakSet<object>()

/** From now on the message of the error shows no value: its statement holds a secret, which may be that value. */
export function hideValue(error: unknown): void {
  const raw = findRawError(error)
  if (raw) ofSecretStatements.add(raw)
}

function findRawError(error: unknown): Error | undefined {
  const seen = new Set<unknown>()
  for (let next = error; next instanceof Error && !seen.has(next); next = findInner(next)) {
    seen.add(next)
    if (readFields(next)) return next
  }
  return undefined
}

function findInner(error: Error): unknown {
  if (error.cause !== undefined) return error.cause
  if (error instanceof AggregateError) return error.errors.find((one) => one instanceof Error)
  return 'previous' in error ? error.previous : undefined
}

/** Reads the fields that pg gives to an error or a notice. */
export function readFields(raw: object): PostgresError | undefined {
  const given = raw as Readonly<Record<string, unknown>>
  const { code, severity, message } = given
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return undefined
  if (typeof severity !== 'string' || typeof message !== 'string') return undefined
  const fields: Record<string, string | number> = {
    sqlstate: code,
    severity,
    message: maskSecrets(ofSecretStatements.has(raw) ? maskValue(message) : message),
  }
  for (const name of TEXTS) {
    const value = given[name]
    if (typeof value !== 'string' || value === '') continue
    fields[name] = maskSecrets(ofHarmlessTables.has(raw) ? value : maskRow(value))
  }
  const hint = code === '42704' ? hintAtExtension(message) : undefined
  if (hint !== undefined) fields['hint'] ??= hint
  for (const name of POSITIONS) {
    const value = Number(given[name])
    if (value > 0) fields[name] = value
  }
  return fields as unknown as PostgresError
}

const TEXTS = [
  'detail',
  'hint',
  'where',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'internalQuery',
] as const

const POSITIONS = ['position', 'internalPosition'] as const

/** What there is beside the message, a line for each, as psql words them. */
export function renderFields(error: PostgresError): string[] {
  const { detail, hint, where, internalQuery } = error
  const said = Object.entries({ DETAIL: detail, HINT: hint, QUERY: internalQuery, CONTEXT: where })
  return said.flatMap(([label, text]) => (text === undefined ? [] : [`${label}:  ${text}`]))
}

/** `SQLSTATE 23505: table public.a, constraint a_pkey` */
export function renderObjects({ sqlstate, schema, ...error }: PostgresError): string {
  const { table, column, dataType, constraint } = error
  const qualified = (name: string) => (schema === undefined ? name : `${schema}.${name}`)
  const objects = [
    table !== undefined && `table ${qualified(table)}`,
    column !== undefined && `column ${column}`,
    dataType !== undefined && `type ${qualified(dataType)}`,
    constraint !== undefined && `constraint ${constraint}`,
    schema !== undefined && table === undefined && dataType === undefined && `schema ${schema}`,
  ].filter((one) => one !== false)
  return `SQLSTATE ${sqlstate}${objects.length > 0 ? `: ${objects.join(', ')}` : ''}`
}

/** Where in `statement` PostgreSQL points: the line, and a mark below the place. */
export function renderPosition(
  statement: string,
  position: number | undefined,
): string | undefined {
  if (position === undefined) return undefined
  const before = Array.from(statement).slice(0, position - 1)
  const start = before.lastIndexOf('\n') + 1
  const number = before.filter((character) => character === '\n').length + 1
  const label = `LINE ${number}: `
  const line = statement.split('\n')[number - 1] ?? ''
  const indent = before.slice(start).map((character) => (character === '\t' ? '\t' : ' '))
  return `${label}${line}\n${' '.repeat(label.length)}${indent.join('')}^`
}
