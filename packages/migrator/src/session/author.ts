import type { ClientBase, QueryResult, QueryResultRow } from 'pg'
import { failure } from '../errors/index.ts'
import { askAgain, suspectRemoved } from './prepared.ts'
import {
  atLeastOnDisk,
  beginTexts,
  BOTH,
  CHECK_INTERVAL,
  commitTexts,
  composeMessage,
  DURABILITY,
  NAMES,
  OURS,
  read,
  readValues,
  set,
  STATEMENT_LIMITS,
  switchTo,
  type AuthorsMessage,
  type Read,
  type Settings,
  type StatementTimeouts,
} from './side-settings.ts'

export type { Settings }

/**
 * A session has two sides. The migrator's own statements run on its side: as the role in force after connecting,
 * on a search path that nobody else can put anything into, under settings that it knows. What belongs to the
 * author of a migration runs on the author's side: on the search path, as the role and under the settings that
 * the server gives such a session, and that the migration has changed since.
 */
type Side = 'migrator' | 'author'

interface Sides {
  migrator: Settings
  /** Where each migration begins. */
  readonly start: Settings
  /** What the author's side has become since, as of the last time that it was left. */
  author: Settings
  /** The schemas of the author's search path that are there after connecting. */
  readonly schemas: readonly string[]
  now: Side
  /** In a transaction of the author's what the author sets is to outlive it; in any other nothing is. */
  base: Side
  /** In a transaction of the caller's nothing may outlive that, nor may several statements be one message. */
  readonly isBorrowed: boolean
}

export type Querying = Pick<ClientBase, 'query'>

const known = new WeakMap<Querying, Sides>()

/**
 * Switches a session to the migrator's side, and remembers the author's. With a `pid` only if that is the server's
 * process: through a pooler it may be one that others use too. Returns the process that answered. Every name is
 * qualified, since the path is still the author's. Throws SERVER_TOO_OLD.
 */
export async function takeSides(client: Querying, pid?: number): Promise<number> {
  return (await takeSidesAnd(client, 'null', pid)).pid
}

/**
 * With the value of one more expression, in the same message; null where another process answered. `ask` sends the
 * statement.
 */
export async function takeSidesAnd(
  client: Querying,
  expression: string,
  pid?: number,
  ask: (statement: string) => Promise<QueryResult | undefined> = (text) => client.query(text),
): Promise<Answer> {
  const isIt =
    pid === undefined ? 'true' : `pg_catalog.pg_backend_pid() operator(pg_catalog.=) ${pid}`
  const within = (then: string) => `case when ${isIt} then ${then} end`
  const settings = Object.entries({ [CHECK_INTERVAL]: '250', ...BOTH, ...OURS })
  const result = await ask(
    `select pg_catalog.pg_backend_pid() as pid, ${read(CHECK_INTERVAL)} as checks,
      ${within('pg_catalog.current_schemas(false)::pg_catalog.text[]')} as schemas,
      ${NAMES.map((name) => `${within(read(name))} as "${name}"`).join(', ')},
      ${settings.map((one) => within(`case when ${read(one[0])} is not null then ${set(...one, false)} end`)).join(', ')},
      ${within(`case when ${read(DURABILITY)} operator(pg_catalog.=) 'off' then ${set(DURABILITY, 'on', false)} end`)},
      ${within(expression)} as value`,
  )
  const row: Taken | undefined = result?.rows[0]
  if (!row || row.checks === null)
    throw failure('SERVER_TOO_OLD', { server: 'The server', version: 'older than 14' })
  const found = readValues(row)
  if (row.schemas) remember(client, found, row.schemas, BOTH)
  const isLimited = STATEMENT_LIMITS.some((name) => (found[name] ?? '0') !== '0')
  return { pid: row.pid, value: row.value, isLimited }
}

export interface Answer {
  /** The process that answered. */
  readonly pid: number
  readonly value: unknown
  /** Whether PostgreSQL ended statements that take long, until now. */
  readonly isLimited: boolean
}

interface Taken {
  readonly pid: number
  readonly checks: string | null
  readonly schemas: string[] | null
  readonly value: unknown
}

/**
 * The same inside a transaction of the caller's, whose settings are the author's; `path`: but for the search path.
 * Nothing of it outlives the transaction. Returns what was in force, for `giveSidesBack`.
 */
export async function borrowSides(client: Querying, path: string | undefined): Promise<Borrowed> {
  const before = await lookAt(client)
  if (path !== undefined) await client.query(`select ${set('search_path', path, true)}`)
  const { settings, schemas } = path === undefined ? before : await lookAt(client)
  const { migrator } = remember(client, settings, schemas, undefined)
  await client.query(switchTo(migrator, true))
  return before
}

/** What a caller's transaction had before. */
export interface Borrowed {
  readonly settings: Settings
  /** Names of those that are the session's defaults, so that they are not the transaction's own. */
  readonly defaults: ReadonlySet<string>
}

/** What a migration has SET would come back with the commit: what was a default is set for the session. */
export async function giveSidesBack(
  client: Querying,
  { settings, defaults }: Borrowed,
): Promise<void> {
  known.delete(client)
  const isDefault = ([name, value]: readonly [string, string]) =>
    name === 'session_authorization' || defaults.has(name) || (name === 'role' && value === 'none')
  const all = Object.entries(settings)
  await client.query(switchTo(Object.fromEntries(all.filter(isDefault)), false))
  const others = all.filter((one) => !isDefault(one))
  if (others.length > 0) await client.query(switchTo(Object.fromEntries(others), true))
}

async function lookAt(client: Querying): Promise<Borrowed & { readonly schemas: string[] }> {
  const { rows } = await client.query<{ schemas: string[]; defaults: string[] }>(
    `select pg_catalog.current_schemas(false)::pg_catalog.text[] as schemas,
      array(select pg_catalog.lower(name) from pg_catalog.pg_settings
             where setting operator(pg_catalog.=) reset_val) as defaults,
      ${NAMES.map((name) => `${read(name)} as "${name}"`).join(', ')}`,
  )
  const { schemas = [], defaults = [] } = rows[0] ?? {}
  return { settings: readValues(rows[0]), schemas, defaults: new Set(defaults) }
}

/** `found` is what a session shows at first, which is the author's; but for `both`. */
function remember(
  client: Querying,
  found: Settings,
  schemas: readonly string[],
  both: Settings | undefined,
): Sides {
  const isBorrowed = both === undefined
  const isThere = ([name]: readonly [string, string]) => name in found
  const own = both && {
    ...Object.fromEntries(Object.entries(both).filter(isThere)),
    [DURABILITY]: atLeastOnDisk(found[DURABILITY] ?? 'on'),
  }
  const start = { ...found, ...own }
  const migrator = { ...start, ...OURS }
  const side = 'migrator'
  const sides: Sides = {
    migrator,
    start,
    author: start,
    schemas,
    now: side,
    base: side,
    isBorrowed,
  }
  known.set(client, sides)
  return sides
}

/**
 * Runs `work` on the author's side: a statement, a check or code of the author's, or the look-up of a name that such a
 * statement uses. What `work` sets stays where it runs outside of a transaction, or in one that began with
 * `beginAsAuthor`; otherwise it is gone. A connection that is not ours is the author's.
 */
export async function asAuthor<T>(client: Querying, work: () => Promise<T>): Promise<T> {
  return onSide(client, 'author', work)
}

/** The rows of a statement on the author's side that changes nothing and sets nothing: in one message, where that can be. */
export async function askAsAuthor<Row extends QueryResultRow>(
  client: Querying,
  text: string,
): Promise<Row[]> {
  const sides = known.get(client)
  if (!sides || sides.isBorrowed || sides.now === 'author')
    return (await asAuthor(client, () => client.query<Row>(text))).rows
  const [, asked] = await together(client, sides, [
    switchTo(sides.author, true),
    text,
    switchTo(sides.migrator, true),
  ])
  return asked?.rows ?? []
}

/** Runs `work` on the migrator's side, in the middle of what is the author's: bookkeeping, say. */
export async function asMigrator<T>(client: Querying, work: () => Promise<T>): Promise<T> {
  return onSide(client, 'migrator', work)
}

async function onSide<T>(client: Querying, side: Side, work: () => Promise<T>): Promise<T> {
  const sides = known.get(client)
  if (!sides || sides.now === side) return work()
  const isInside = sides.isBorrowed || readStatus(client) !== 'I'
  await change(client, sides, side, isInside)
  let result: T
  try {
    result = await work().finally(() => side === 'author' && suspectRemoved(client))
  } catch (error) {
    // An error reaches us before the server says that it is ready: by then the status is that of the failed transaction.
    await client.query('').catch(() => {})
    await leave(client, sides, side, isInside).catch(() => {})
    throw error
  }
  await leave(client, sides, side, isInside)
  return result
}

async function leave(client: Querying, sides: Sides, side: Side, isInside: boolean): Promise<void> {
  const before = side === 'author' ? 'migrator' : 'author'
  // Code that runs outside of a transaction may have left one open.
  if (!isInside && readStatus(client) !== 'I') await client.query('rollback')
  try {
    await change(client, sides, before, isInside)
  } catch (error) {
    // A failed transaction takes no statement, and its rollback puts the settings back.
    const { code } = error as { readonly code?: unknown }
    if (code !== '25P02') throw error
  } finally {
    sides.now = before
  }
}

async function change(client: Querying, sides: Sides, to: Side, isInside: boolean): Promise<void> {
  // Where the transaction is ours, what the author has set for the session is not to come back with its commit.
  const isLocal = isInside && (sides.isBorrowed || sides.base === 'author' || to === 'author')
  const { rows } = await askAgain<Read>(client, switchTo(sides[to], isLocal))
  const isKept = !isInside || sides.base === 'author'
  if (to === 'migrator' && isKept) sides.author = readValues(rows[0])
  sides.now = to
}

/**
 * Begins a transaction that is the author's, with limits; the migrator looks first (`look`), and gets what that
 * returns. It ends with `commitAsAuthor` or `rollBackAsAuthor`.
 */
export async function beginAsAuthor<Row>(
  client: Querying,
  look: string,
  limits: StatementTimeouts,
  access: 'read write' | 'read only' = 'read write',
): Promise<Row | undefined> {
  const sides = getSides(client)
  const [, looked] = await together(client, sides, beginTexts(sides, look, limits, access))
  sides.now = 'author'
  sides.base = 'author'
  return looked?.rows[0] as Row | undefined
}

/** Runs `work` so that the migrator's own statements wait for no lock for longer, in milliseconds; 0: for ever. */
export async function withLockTimeout<T>(
  client: Querying,
  timeout: number,
  work: () => Promise<T>,
): Promise<T> {
  const sides = getSides(client)
  const { migrator } = sides
  sides.migrator = { ...migrator, lock_timeout: String(timeout) }
  try {
    return await work()
  } finally {
    sides.migrator = migrator
  }
}

/**
 * What the author has set for the session stays, for the next time. It is on disk then, whatever the author has set.
 * `record`: a last statement of the migrator's, in the same message and after what the author has deferred; all of it is on
 * disk only once a later commit is.
 */
export async function commitAsAuthor(client: Querying, record?: string): Promise<void> {
  const sides = getSides(client)
  const left = (await together(client, sides, commitTexts(sides, record))).at(-1)
  Object.assign(sides, { author: readValues(left?.rows[0]), now: 'migrator', base: 'migrator' })
}

/**
 * Commits with a `record`, and begins the next transaction, in one message. The author's side begins both alike: what was
 * set in the first one does not reach the second.
 */
export async function commitAndBeginAsAuthor<Row>(
  client: Querying,
  record: string,
  look: string,
  limits: StatementTimeouts,
): Promise<Row | undefined> {
  const sides = getSides(client)
  const ending = commitTexts(sides, record)
  const results = await together(client, sides, [...ending, ...beginTexts(sides, look, limits)])
  return results[ending.length + 1]?.rows[0] as Row | undefined
}

/** The texts of such a message, where the author has set nothing and the migrator's own side is in force. */
export function authorsMessage(
  client: Querying,
  limits: StatementTimeouts,
  mayCall: boolean,
): AuthorsMessage {
  return composeMessage(getSides(client), limits, mayCall)
}

/**
 * What the author has set since the beginning is gone. `before` is what `authorsSettings` was then. The side is put in
 * force by itself, since the author may have ended the transaction, and what it had set then stands.
 */
export async function rollBackAsAuthor(client: Querying, before: Settings): Promise<void> {
  const sides = getSides(client)
  Object.assign(sides, { author: before, now: 'migrator', base: 'migrator' })
  const back = sides.isBorrowed ? [] : [switchTo(sides.migrator, false)]
  await together(client, sides, ['rollback', ...back])
}

export function authorsSettings(client: Querying): Settings {
  return getSides(client).author
}

/** For the next time that the author's side is in force. */
export function changeAuthorsSettings(client: Querying, settings: Settings): void {
  const sides = getSides(client)
  sides.author = { ...sides.author, ...settings }
}

/**
 * Puts the session back to what it was after connecting, on the migrator's side; the author begins from there. `reset` are
 * statements of whose results the last one's is returned. Of a caller's session only the sides are put back.
 */
export async function startAnew(client: Querying, reset: readonly string[]): Promise<unknown> {
  const sides = getSides(client)
  sides.author = sides.start
  if (sides.isBorrowed) return void (await client.query(switchTo(sides.migrator, true)))
  const settings = Object.entries({ [CHECK_INTERVAL]: '250', ...sides.migrator })
  const results = await together(client, sides, [
    'reset session authorization',
    'reset role',
    'reset all',
    `select ${settings.map((one) => set(...one, false)).join(', ')}`,
    ...reset,
  ])
  return results.at(-1)?.rows[0]
}

/** What a migration has set that goes on where an earlier session was lost; without settings it begins from the start. */
export function continueAuthor(client: Querying, settings: Settings = {}): void {
  const sides = getSides(client)
  const isThere = ([name]: readonly [string, string]) => name in sides.start
  sides.author = { ...sides.start, ...Object.fromEntries(Object.entries(settings).filter(isThere)) }
}

/** How the author's side differs from where a migration begins. */
export function settingsOfAuthor(client: Querying): Settings {
  const { author, start } = getSides(client)
  return Object.fromEntries(Object.entries(author).filter(([name, value]) => start[name] !== value))
}

/** The schemas in which unqualified names are found, in order; unknown of a connection that is not ours. */
export function authorsSchemas(client: Querying): readonly string[] | undefined {
  return known.get(client)?.schemas
}

function getSides(client: Querying): Sides {
  const sides = known.get(client)
  if (!sides) throw new Error('takeSides was not called of this connection')
  return sides
}

/** In one message where the connection is ours. */
async function together(
  client: Querying,
  { isBorrowed }: Sides,
  texts: readonly string[],
): Promise<QueryResult[]> {
  if (!isBorrowed) return [await client.query(texts.join('; '))].flat()
  const results: QueryResult[] = []
  for (const text of texts) results.push(await client.query(text))
  return results
}

/** `I` outside of a transaction, `T` in one, `E` in one that has failed. */
function readStatus(client: Querying): string {
  const { getTransactionStatus } = client as Partial<ClientBase>
  return getTransactionStatus?.call(client) ?? 'T'
}
