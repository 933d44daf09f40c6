import {
  Cursor,
  type EntityClass,
  type EntityKey,
  type EntityManager,
  type FilterQuery,
  type OrderDefinition,
} from '@mikro-orm/postgresql'
import { sql, type Expression } from 'kysely'
import { z } from 'zod'
import type { Session } from './database.ts'
import { DomainError } from './errors.ts'
import { prepared } from './prepared.ts'
import { LONGEST_PAGE, type Page, type PageRequest } from './schemas/page.ts'

/**
 * Reads one page of a list in the order of its keys, which together are unique. `select` is a query
 * without ORDER BY that has a column for each key; the cursor holds the keys of the last item, so
 * a page costs the same however far it is, and rows that come and go shift nothing. `view` makes the items from the rows of
 * the page, so that no more of them are made than are shown. They come in one row: PostgreSQL sends a page of many in pieces.
 *
 * Lists in the order of time are read here and not with `em.findByCursor`: a JavaScript Date has milliseconds,
 * so that rows of one millisecond would be lost between two pages, and `infinity` is no Date.
 *
 * @throws DomainError invalid_cursor
 */
export async function readPage<
  Key extends string,
  Row extends Readonly<Record<Key, unknown>>,
  Item extends Readonly<Record<Key, unknown>> = Row,
>(
  session: Session,
  select: Expression<Row>,
  order: Order<Key>,
  { limit, after }: PageRequest,
  view?: (rows: Expression<Row>) => Expression<Item>,
): Promise<Page<Json<Item>>> {
  const keys = Object.entries(order.keys) as [Key, KeyType][]
  const columns = sql.join(keys.map(([column]) => sql.ref(column)))
  const direction = sql.raw(order.direction)
  const sorted = sql.join(keys.map(([column]) => sql`${sql.ref(column)} ${direction}`))
  const beyond = sql.raw(order.direction === 'asc' ? '>' : '<')
  const where = after ? sql`where (${columns}) ${beyond} (${readKeys(after, keys)})` : sql``
  const found = sql<Row>`(select * from (
    select * from (${select}) as list ${where} order by ${sorted} limit ${MOST_ROWS}) as list
    order by ${sorted} limit ${limit + 1})`
  const query = sql<{ items: Json<Item>[] }>`
    select coalesce(json_agg(list order by ${sorted}), '[]') as items from (${view?.(found) ?? found}) as list`
  const { rows } = await query.execute(session).catch((error: unknown) => {
    // Class 22: a value of the cursor is none of its column's type.
    if (after && (error as { code?: string }).code?.startsWith('22'))
      throw new DomainError('invalid_cursor')
    throw error
  })
  const all = rows[0]?.items ?? []
  const items = all.slice(0, limit)
  const last = all.length > limit ? items.at(-1) : undefined
  return { items, next: last ? writeCursor(keys.map(([column]) => String(last[column]))) : null }
}

/** The same for a list in the order of texts, which a cursor of MikroORM carries whole. */
export async function findPage<Entity extends object, Item>(
  em: EntityManager,
  entity: EntityClass<Entity>,
  {
    where,
    orderBy,
  }: { where: FilterQuery<NoInfer<Entity>>; orderBy: readonly EntityKey<Entity>[] },
  { limit, after }: PageRequest,
  toItem: (entity: Entity) => Item,
): Promise<Page<Item>> {
  const found = await em.findByCursor<Entity, never, never, never, false>(entity, {
    where,
    orderBy: orderBy.map((key) => ({ [key]: 'asc' })) as OrderDefinition<Entity>,
    first: limit,
    includeCount: false,
    // Read here first: an object in it would be an operator of a filter.
    ...(after !== undefined && { after: Cursor.encode(readCursor(after, orderBy.length)) }),
  })
  return {
    items: found.items.map((item) => toItem(item as Entity)),
    next: found.hasNextPage ? found.endCursor : null,
  }
}

type Order<Key extends string> = {
  readonly keys: Readonly<Record<Key, KeyType>>
  readonly direction: 'asc' | 'desc'
}

/** Not a parameter: a plan that is made before the limit is known counts on a tenth of all rows. */
const MOST_ROWS = sql.lit(LONGEST_PAGE + 1)

/** Reads the rows of a query in the form that lists have: as PostgreSQL's JSON, moments in ISO 8601. */
export async function readItems<Row>(
  session: Session,
  select: Expression<Row>,
): Promise<Json<Row>[]> {
  const { rows } = await sql<{ item: Json<Row> }>`
    select to_json(list) as item from (${select}) as list`.execute(prepared(session))
  return rows.map(({ item }) => item)
}

/** The same of a query with one row. */
export async function readItem<Row>(
  session: Session,
  select: Expression<Row>,
): Promise<Json<Row> | undefined> {
  return (await readItems(session, select))[0]
}

/** The newest first. */
export const NEWEST_FIRST = {
  keys: { created_at: 'timestamptz', id: 'uuid' },
  direction: 'desc',
} as const

export type KeyType = 'timestamptz' | 'uuid' | 'int4'

/** A row as PostgreSQL prints it in JSON. */
export type Json<Row> = { [Column in keyof Row]: AsText<Row[Column]> }
type AsText<Value> = Value extends Date ? string : Value

function readCursor(after: string, length: number): string[] {
  try {
    return cursor.length(length).parse(JSON.parse(Buffer.from(after, 'base64url').toString()))
  } catch {
    throw new DomainError('invalid_cursor')
  }
}

function readKeys(after: string, keys: readonly (readonly [string, KeyType])[]) {
  const values = readCursor(after, keys.length)
  return sql.join(keys.map(([, type], index) => sql`${values[index]}::${sql.raw(type)}`))
}

function writeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

const cursor = z.array(z.string().refine((text) => text.isWellFormed() && !text.includes('\u0000')))
