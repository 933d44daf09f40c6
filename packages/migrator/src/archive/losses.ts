import { trySavepoint } from '../session/savepoints.ts'
import type pg from 'pg'
import { failure } from '../errors/index.ts'
import type { Direction, Statement } from '../migration.ts'
import type { Exceeded, Plan } from '../plan/plan.ts'
import { findBackfill, listStatements } from '../plan/progress.ts'
import { mayOverwrite } from '../sql/backfill.ts'
import type { Segment } from '../plan/segments.ts'
import type { Target } from '../plan/targets.ts'
import { asAuthor } from '../session/author.ts'
import { quoteName } from '../sql/quote-name.ts'
import { isRowsHidden } from '../session/all-rows.ts'
import { sqlState } from '../session/connect.ts'
import type { Listener, Loss } from '../events.ts'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from '../journal/journal.ts'
import { countTableLoss, isUnreadable } from './count.ts'
import { lookingAhead } from './look-ahead.ts'
import { listNames, tooLarge, verifyNames, type AllowedLosses } from './unarchivable.ts'
import { holdsNothing, whyUnread } from './strangers.ts'
import { namesBefore, type NamesBefore } from '../known/names-before.ts'
import { takesObjects } from './statement-kinds.ts'
import { readEventTriggers } from './triggers.ts'
import type { TableLoss } from './table-loss.ts'
import { findNumber, findTableByOid, type StoredTable } from './tables.ts'
import { withConversions } from './conversions.ts'
import { findTableLosses } from './find-table-losses.ts'

interface CountedLoss extends Loss {
  /** The oid of the table, `oid.number` of a column; absent where it cannot be counted. */
  readonly key?: string
  /** What the caller may write for it; absent: `object` alone. */
  readonly names?: readonly string[]
  /** Why the archive cannot keep it. */
  readonly unarchivableReason?: string
}

/**
 * Counts what the statements of a plan throw away, in a transaction that changes nothing, and calls no function
 * of the author's. What is empty is no loss. It knows the database as it is before the run: names that earlier
 * statements of the plan change are followed, and so are SETs of the search path.
 */
export async function countLosses(
  client: pg.ClientBase,
  plan: Plan,
  { limit = Number.POSITIVE_INFINITY, lockTimeout = 0 } = {},
): Promise<readonly CountedLoss[]> {
  const losses: CountedLoss[] = []
  const names = namesBefore()
  const gone = new Set<string>()
  await lookingAhead(client, lockTimeout, async () => {
    if (!(await holdsAnything(client))) return
    const events = await readEventTriggers(client)
    for (const { migration, segments, exceeded } of plan.migrations) {
      if (exceeded) losses.push({ migration: migration.name, ...foundBefore(exceeded) })
      const keepsAll = plan.direction === 'down' || migration.keepRows !== undefined
      for (const segment of segments) {
        if (!keepsAll && (await onlyFills(segment))) continue
        const own = listStatements(migration[plan.direction])
        const scope = { own, names, gone, limit, keepsAll, events }
        for (const loss of await countSegment(client, segment, scope)) {
          losses.push({ migration: migration.name, ...loss })
        }
      }
    }
  })
  return losses
}

/** True of a backfill whose text shows that it writes over nothing: to count its rows reads the whole table. */
async function onlyFills({ statements }: Segment): Promise<boolean> {
  const backfill = findBackfill(statements)
  return backfill !== undefined && !(await mayOverwrite(backfill))
}

/** Whoever holds a table for longer leaves its size, or its rows, unknown: nobody queues behind a question. */
export const COUNTING_WAITS_MS = 200

/** False of a database in which no table has ever had a row: nothing can be lost there, whatever a statement does. */
async function holdsAnything(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ holds: boolean }>(
    `select exists (
       select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname not like 'pg\\_%' and n.nspname <> all ($1::name[])
          and (c.relkind = 'f' or c.relkind in ('r', 'm') and pg_catalog.pg_relation_size(c.oid) > 0)
     ) as holds`,
    [['information_schema', JOURNAL_SCHEMA, ARCHIVE_SCHEMA]],
  )
  return rows[0]?.holds ?? true
}

/** What the caller of a run says of its losses. */
export interface LossDecisions {
  readonly direction: Direction
  readonly target: Target
  readonly yes?: boolean
  readonly lose: AllowedLosses
  readonly limit: number
}

/** What a run may take away of each migration: by oid, or `oid.number`; undefined: whatever it turns out to be. */
export type Confirmed = ReadonlyMap<string, ReadonlyMap<string, number> | undefined>

/**
 * Says what a plan throws away, before anything of it runs, and returns what was confirmed by that.
 * Throws LOSE_UNKNOWN, LOSE_AMBIGUOUS, NOT_KEPT where the archive cannot take something that may not be lost, and, on the way back,
 * LOSSES_UNCONFIRMED where nobody has said yes and the database is not marked disposable.
 */
export async function announceLosses(
  client: pg.ClientBase,
  plan: Plan,
  { direction, target, yes = false, lose, limit }: LossDecisions,
  onEvent: Listener,
): Promise<Confirmed> {
  const isBack = direction === 'down'
  if (typeof lose !== 'string') await verifyNames(client, lose, mayMakeNames(plan))
  const counting = countLosses(client, plan, { limit, lockTimeout: COUNTING_WAITS_MS })
  const losses = await counting.catch((error: unknown) => {
    const isLocked = sqlState(error) === '55P03'
    // On the way up nothing is asked, so what cannot be counted stops nobody.
    if (!isBack && (isLocked || isRowsHidden(error))) return []
    if (!isLocked) throw error
    return plan.migrations.map(({ migration: { name: migration } }) => ({ migration, ...LOCKED }))
  })
  if (losses.length > 0) onEvent({ type: 'losses', losses: losses.map(told) })
  if (typeof lose !== 'string') refuseUnkept(losses, lose)
  if (!isBack || (await isDisposable(client))) return new Map()
  if (losses.length > 0 && !yes) {
    const lines = losses.map(
      ({ object, what, count }) =>
        `${object}: ${what === 'unknown' ? 'cannot be counted' : `${count} ${what}`}`,
    )
    throw failure('LOSSES_UNCONFIRMED', { losses: lines, target: String(target) })
  }
  return new Map(
    plan.migrations.map(({ migration: { name } }) => {
      const own = losses.filter(({ migration }) => migration === name)
      if (own.some(({ key }) => key === undefined)) return [name, undefined]
      const counts = new Map<string, number>()
      for (const { key = '', count } of own) counts.set(key, (counts.get(key) ?? 0) + count)
      return [name, counts]
    }),
  )
}

/**
 * Whether statements, or code, may give a name to a table or a column, or an interrupted run has lost what had it. A
 * statement that makes a table says its name.
 */
function mayMakeNames({ migrations }: Plan): (name: string) => boolean {
  const segments = migrations.flatMap((one) => one.segments)
  const statements = segments.flatMap((one) => one.statements)
  const mayMakeAny =
    migrations.some(({ resumes }) => resumes) ||
    segments.some(({ run }) => run) ||
    statements.some(({ renames, hasUnknownLocks }) => renames || hasUnknownLocks)
  const made = new Set(
    statements.flatMap(({ effects }) =>
      effects.filter(({ change }) => change === 'makes').map(({ key }) => key),
    ),
  )
  return (name) => mayMakeAny || name.split('.').some((part) => made.has(`table ${part}`))
}

/** What others are told of a loss: the key and the reason are of use to this process alone. */
export function told({ migration, object, what, count, bytes, isKept }: CountedLoss): Loss {
  return { migration, object, what, count, bytes, isKept }
}

/** `alter database … set "migrator.disposable" = 'on'`: its owner would not miss it. */
async function isDisposable(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ disposable: boolean }>(
    `select coalesce(nullif(current_setting('migrator.disposable', true), '')::boolean, false) as disposable`,
  )
  return rows[0]?.disposable ?? false
}

/** Throws NOT_KEPT where the archive cannot take something that `lose` does not name. */
function refuseUnkept(losses: readonly CountedLoss[], lose: readonly string[]): void {
  const objects = losses.flatMap(({ object, unarchivableReason, names = [object] }) =>
    unarchivableReason !== undefined && !names.some((name) => lose.includes(name))
      ? [{ object, unarchivableReason }]
      : [],
  )
  if (objects.length > 0) throw failure('NOT_KEPT', { objects })
}

type Found = Omit<CountedLoss, 'migration'>

interface Scope {
  /** All statements of the migration. */
  readonly own: readonly Statement[]
  readonly names: NamesBefore
  /** Tables that are gone by then. */
  readonly gone: Set<string>
  readonly limit: number
  /** Rows that are deleted or updated are kept, too. */
  readonly keepsAll: boolean
  /** The event triggers of the database. */
  readonly events: readonly string[]
}

async function countSegment(
  client: pg.ClientBase,
  { statements, run }: Segment,
  { own, names, gone, limit, keepsAll, events }: Scope,
): Promise<Found[]> {
  const found: Found[] = run ? [uncounted('the code of the migration')] : []
  if (keepsAll && statements.some(({ sql }) => changesSchema(sql)))
    found.push(...events.map((name) => uncounted(`event trigger ${name}`)))
  for (const one of statements) {
    const statement = withConversions(one, own, true)
    if (statement.isSet) await follow(client, statement, names)
    const { tableLosses, unknown } = await findTableLosses(client, statement, names)
    found.push(...unknown.map(uncounted))
    for (const tableLoss of tableLosses) {
      // What goes with its table, or with all of its rows, has been counted there.
      if (gone.has(tableLoss.table.oid)) continue
      const isAll = tableLoss.kind === 'rows' && tableLoss.matching === undefined
      if (tableLoss.kind === 'table' || isAll) gone.add(tableLoss.table.oid)
      const counted = await countOrNot(client, tableLoss, limit)
      const isKept = keepsAll || takesObjects([statement])
      found.push(...counted.map((loss) => ({ ...loss, isKept: isKept && loss.key !== undefined })))
    }
    names.follow(statement)
  }
  return found
}

/** PostgreSQL runs event triggers then. What the text calls may do so as well, and is asked about by itself. */
function changesSchema(sql: string): boolean {
  return /\b(?:create|alter|drop|comment|grant|revoke|refresh|reindex|import|security)\b/i.test(sql)
}

/** The author's path names schemas as they are called by then. */
async function follow(
  client: pg.ClientBase,
  { sql }: Pick<Statement, 'sql'>,
  names: NamesBefore,
): Promise<void> {
  await asAuthor(client, async () => {
    await client.query(sql)
    const { rows } = await client.query<{ name: string }>(
      `select pg_catalog.btrim(name, ' "') as name
         from pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('search_path'), ',')) as name`,
    )
    const path = rows.map(({ name }) => name)
    if (path.every((name) => names.schema(name) === name)) return
    const before = path.map((name) => quoteName(names.schema(name))).join(', ')
    await client.query(`select pg_catalog.set_config('search_path', $1, true)`, [before])
  })
}

/** What only a run could find out. Since it has no key, whatever the migration takes is confirmed with it. */
function foundBefore({ object, rows: count }: Exceeded): Found {
  return { object, what: 'rows', count, bytes: 0, isKept: true }
}

function uncounted(object: string): Found {
  return { object, what: 'unknown', count: 0, bytes: 0, isKept: false }
}

const LOCKED = uncounted('what it takes, since another session has locked a table of it')

/** A lack of rights is no matter of what the statement means. */
const isUncountable = (error: unknown) => isUnreadable(error) && sqlState(error) !== '42501'

/** What an earlier statement of the plan has yet to make cannot be counted now. */
async function countOrNot(
  client: pg.ClientBase,
  tableLoss: TableLoss,
  limit: number,
): Promise<Found[]> {
  const unarchivableReason = await whyUnread(client, tableLoss.table)
  if (unarchivableReason !== undefined) return unread(client, tableLoss, unarchivableReason)
  const counting = () => countTableLoss(client, tableLoss, true)
  const tried = await trySavepoint(client, counting, isUncountable)
  if ('refusal' in tried) return [uncounted(tableLoss.table.label)]
  const table = await findKept(client, tableLoss)
  return tried.value.counts.flatMap((count, i) => {
    if (count.count === 0) return []
    const column = tableLoss.columns[i]?.name
    const number = findNumber(table, column)
    const key = number === undefined ? table.oid : `${table.oid}.${number}`
    // A table moves, so its size is no reason against the archive.
    const isTooLarge = tableLoss.kind !== 'table' && count.bytes > limit
    return [
      {
        ...count,
        object: column === undefined ? table.label : `${table.label}.${column}`,
        key,
        names: listNames(table, column),
        isKept: true,
        ...(isTooLarge && { unarchivableReason: tooLarge(count.bytes, limit) }),
      },
    ]
  })
}

/** The table of which the archive has what is lost: rows of a partition are its table's. */
async function findKept(client: pg.ClientBase, { kind, table }: TableLoss): Promise<StoredTable> {
  if (kind === 'table') return table
  const { rows } = await client.query<{ oid: string | null }>(
    'select pg_partition_root($1::oid::regclass)::oid::text as oid',
    [table.oid],
  )
  return (await findTableByOid(client, rows[0]?.oid ?? table.oid)) ?? table
}

/** A table whose owner is not trusted. */
async function unread(
  client: pg.ClientBase,
  { kind, table, columns }: TableLoss,
  unarchivableReason: string,
): Promise<Found[]> {
  if (await holdsNothing(client, table)) return []
  const taken = kind === 'values' ? columns.map(({ name }) => name) : [undefined]
  return taken.map((column) => {
    const object = column === undefined ? table.label : `${table.label}.${column}`
    return { ...uncounted(object), names: listNames(table, column), unarchivableReason }
  })
}
