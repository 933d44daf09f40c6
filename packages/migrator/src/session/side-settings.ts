import { escapeLiteral } from 'pg'

/** Settings by name, in the order in which they are put in force: a session user ends the role of another. */
export type Settings = Readonly<Record<string, string>>

/**
 * Settings that a role or a database may have as defaults, and under which no migration could run, or not everywhere in
 * the same way. Both sides get these values until the migration sets its own.
 */
export const BOTH = {
  statement_timeout: '0',
  lock_timeout: '0',
  // Not before PostgreSQL 17.
  transaction_timeout: '0',
  idle_session_timeout: '0',
  // A runner that hangs between two statements of a transaction loses it after ten minutes.
  idle_in_transaction_session_timeout: '600000',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
  exit_on_error: 'off',
  // As the parser reads the statements.
  standard_conforming_strings: 'on',
  client_encoding: 'UTF8',
} as const

/** Limits that end a statement. */
export const STATEMENT_LIMITS = ['statement_timeout', 'transaction_timeout'] as const

/** What waits for what when a transaction commits. */
export const DURABILITY = 'synchronous_commit'

/** A role that waits for nothing waits for the disk here: what is reported as done stays done. */
export const atLeastOnDisk = (level: string) => (level === 'off' ? 'on' : level)

/** Settings that decide the meaning of the migrator's own statements. The author's side has its own values. */
export const OURS = {
  // pg_temp is named, or it would come first.
  search_path: 'pg_catalog, pg_temp',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  // What is prepared (prepared.ts) is planned once.
  plan_cache_mode: 'force_generic_plan',
} as const

export const NAMES = [
  'session_authorization',
  'role',
  DURABILITY,
  ...Object.keys(BOTH),
  ...Object.keys(OURS),
]

export const read = (name: string) => `pg_catalog.current_setting('${name}', true)`

export const set = (name: string, value: string, isLocal: boolean) =>
  `pg_catalog.set_config('${name}', ${escapeLiteral(value)}, ${isLocal})`

/** An orphan's backend notices within 250 ms that its client is dead, and its locks go with it. */
export const CHECK_INTERVAL = 'client_connection_check_interval'

export type Read = Readonly<Record<string, string | null>>

/** Also reads what was in force before. To set a session user or a role that is in force already would end the other. */
export function switchTo(settings: Settings, isLocal: boolean): string {
  const reads = Object.keys(settings).map((name) => `${read(name)} as "${name}"`)
  const sets = Object.entries(settings).map(([name, value]) =>
    name === 'role' || name === 'session_authorization'
      ? `case when ${read(name)} operator(pg_catalog.<>) ${escapeLiteral(value)} then ${set(name, value, isLocal)} end`
      : set(name, value, isLocal),
  )
  return `select ${[...reads, ...sets].join(', ')}`
}

export function readValues(row: unknown): Settings {
  const values = NAMES.flatMap((name) => {
    const value = (row as Read | undefined)?.[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  return Object.fromEntries(values)
}

const BEGIN = 'begin isolation level read committed read write'

/** The transaction that is open waits for the disk, at least. */
export const COMMITS_DURABLY = `select case when ${read(DURABILITY)} operator(pg_catalog.=) 'off' then ${set(DURABILITY, 'on', true)} end`

/** The transaction that is open does not wait for the disk. Crashes lose it, or it and what came after it. */
export const COMMITS_LATER = `set local ${DURABILITY} = off`

/** A transaction of the author's: the migrator looks first. */
export function beginTexts(
  { author, isBorrowed }: { readonly author: Settings; readonly isBorrowed: boolean },
  look: string,
  limits: StatementTimeouts,
  access: 'read write' | 'read only' = 'read write',
): string[] {
  return [
    access === 'read write' ? BEGIN : `begin isolation level read committed ${access}`,
    look,
    switchTo(author, isBorrowed),
    `select ${Object.entries(limits)
      .map(([name, value]) => set(name, value, true))
      .join(', ')}`,
  ]
}

/** The author's ends, and the migrator's side is in force. */
export function commitTexts(
  { migrator, isBorrowed }: { readonly migrator: Settings; readonly isBorrowed: boolean },
  record: string | undefined,
): string[] {
  const last = isBorrowed ? [] : recordLast(migrator, record)
  return [...last, 'commit', switchTo(migrator, isBorrowed)]
}

/** What comes before the commit of a transaction of the author's: the migrator's record, or a wait for the disk. */
function recordLast(migrator: Settings, record: string | undefined): string[] {
  if (record === undefined) return [COMMITS_DURABLY]
  return ['set constraints all immediate', switchTo(migrator, true), record, COMMITS_LATER]
}

/** The texts of a transaction of the author's that is sent as one message; its own statements come after `enter`. */
export interface AuthorsMessage {
  readonly begin: string
  readonly enter: string
  /** To the migrator's side, for the record. */
  readonly leave: string
}

export type StatementTimeouts = Readonly<Record<'lock_timeout' | 'statement_timeout', string>>

/** For each statement, in milliseconds. */
export interface StatementLimits {
  readonly lockTimeout: number
  readonly statementTimeout: number
}

/** As PostgreSQL's settings have them. */
export function toTimeouts({ lockTimeout, statementTimeout }: StatementLimits): StatementTimeouts {
  return { lock_timeout: String(lockTimeout), statement_timeout: String(statementTimeout) }
}

/** Only where no statement sets anything. `mayCall`: one may call functions of the author's, and so set anything. */
export function composeMessage(
  { start, migrator }: Readonly<Record<'start' | 'migrator', Settings>>,
  limits: StatementTimeouts,
  mayCall: boolean,
): AuthorsMessage {
  const authors = { ...start, ...limits }
  const differing = Object.entries(authors).filter(([name, value]) => migrator[name] !== value)
  const names = differing.map(([name]) => name)
  const setAll = (settings: Settings) =>
    `select ${names.map((name) => set(name, settings[name] ?? '', true)).join(', ')}`
  const leave = mayCall ? switchTo(migrator, true) : setAll(migrator)
  return { begin: BEGIN, enter: setAll(authors), leave }
}
