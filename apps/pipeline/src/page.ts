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
import { compileOnce } from './compile-once.ts'
import type { Session } from './database.ts'
import { DomainError } from './errors.ts'
import { JsonText } from './json-text.ts'
import { LONGEST_PAGE, type Page, type PageRequest } from './schemas/page.ts'

/**
 * Makes what reads the pages of a list in the order of its keys, which together are unique. `select` makes a query
 * without ORDER BY that has a column for each key; the cursor holds the keys of the last item, so
 * a page costs the same however far it is, and rows that come and go shift nothing. `view` makes the items from the rows of
 * the page, so that no more of them are made than are shown. They come in one row: PostgreSQL sends a page of many in pieces.
 *
 * Lists in the order of time are read here and not with `em.findByCursor`: a JavaScript Date has milliseconds,
 * so that rows of one millisecond would be lost between two pages, and `infinity` is no Date.
 */
export function compilePage<
  Given extends object,
  Key extends string,
  Row extends Readonly<Record<Key, unknown>>,
  Item = Row,
>(list: List<Given, Key, Row, Item>) {
  const keys = Object.entries(list.order.keys) as [Key, KeyType][]
  const read = compileOnce<Given & PageValues, PageRow>((session, given) => {
    const columns = sql.join(keys.map(([column]) => sql.ref(column)))
    const found = sql<Row>`(select * from found limit ${given.shown})`
    return sql<PageRow>`
      with found as materialized (${selectPage(list, session, given)})
      select coalesce((select json_agg(list)::text from (${list.view?.(session, found) ?? found}) as list), '[]') as items,
        (select json_build_array(${columns}) from (select * from found offset ${given.shown} - 1 limit 1) as one) as last,
        (select count(*)::int from found) as many`
  }, list.filters)
  /** @throws DomainError invalid_cursor */
  return async (session: Session, given: Given, { limit, after }: PageRequest) => {
    const cursor = after ? readKeys(after, keys) : {}
    const asked = { ...given, ...cursor, shown: limit, rows: limit + 1 }
    const [row] = await read(session, asked).catch((error: unknown) => {
      // Class 22: a value of the cursor is none of its column's type.
      if (after && (error as { code?: string }).code?.startsWith('22'))
        throw new DomainError('invalid_cursor')
      throw error
    })
    const { items = '[]', last = null, many = 0 } = row ?? {}
    const next = last && many > limit ? writeCursor(last.map(String)) : null
    const page = `{"items":${items},"next":${JSON.stringify(next)}}`
    return { isEmpty: many === 0, page: new JsonText<Page<Json<Item>>>(page) }
  }
}

type List<Given, Key extends string, Row, Item> = {
  readonly order: Order<Key>
  readonly select: (session: Session, given: Given) => Expression<Row>
  readonly view?: (session: Session, rows: Expression<Row>) => Expression<Item>
  /** See `compileOnce`. */
  readonly filters?: readonly (keyof Given)[]
}

/** What a page is asked for besides the list: its length, and one more row, which says whether there is another page. */
type PageValues = { readonly shown: number; readonly rows: number }
type PageRow = { readonly items: string; readonly last: unknown[] | null; readonly many: number }

function selectPage<Given extends object, Key extends string, Row, Item>(
  { order, select }: List<Given, Key, Row, Item>,
  session: Session,
  given: Given & PageValues,
) {
  const keys = Object.entries(order.keys) as [Key, KeyType][]
  const direction = sql.raw(order.direction)
  const sorted = sql.join(keys.map(([column]) => sql`${sql.ref(column)} ${direction}`))
  const columns = sql.join(keys.map(([column]) => sql.ref(column)))
  const values = given as Readonly<Record<string, unknown>>
  const last = keys.map(([column, type]) => sql`${values[cursorOf(column)]}::${sql.raw(type)}`)
  const beyond = sql.raw(order.direction === 'asc' ? '>' : '<')
  const isAfter = keys.every(([column]) => cursorOf(column) in given)
  const where = isAfter ? sql`where (${columns}) ${beyond} (${sql.join(last)})` : sql``
  return sql<Row>`select * from (
    select * from (${select(session, given)}) as list ${where} order by ${sorted} limit ${MOST_ROWS}) as list
    order by ${sorted} limit ${given.rows}`
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

/** Makes what reads the rows of a query in the form that lists have: as PostgreSQL's JSON, moments in ISO 8601. */
export function compileItems<Given extends object, Row>(
  select: (session: Session, given: Given) => Expression<Row>,
) {
  const read = compileOnce<Given, { readonly item: string }>(
    (session, given) =>
      sql`select to_json(list)::text as item from (${select(session, given)}) as list`,
  )
  return async (session: Session, given: Given) =>
    (await read(session, given)).map(({ item }) => new JsonText<Json<Row>>(item))
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
  return Object.fromEntries(keys.map(([column], index) => [cursorOf(column), values[index]]))
}

/** What the value of a cursor is called among all that a query is given. */
function cursorOf(column: string): string {
  return `last ${column}`
}

function writeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

const cursor = z.array(z.string().refine((text) => text.isWellFormed() && !text.includes('\u0000')))
