import { sql, type RawBuilder } from 'kysely'
import { z } from 'zod'
import type { Session } from './database.ts'
import { Problem } from './http/problems.ts'
import type { Page, PageRequest } from './schemas/page.ts'

/**
 * Reads one page of a list in the order of its keys, which together are unique. `select` is a query
 * without ORDER BY that has a column for each key; the cursor holds the keys of the last item, so
 * a page costs the same however far it is, and rows that come and go shift nothing.
 *
 * @throws Problem invalid_cursor
 */
export async function readPage<Item>(
  session: Session,
  select: RawBuilder<unknown>,
  order: { readonly keys: Readonly<Record<string, KeyType>>; readonly direction: 'asc' | 'desc' },
  { limit, after }: PageRequest,
): Promise<Page<Item>> {
  const keys = Object.entries(order.keys)
  const columns = sql.join(keys.map(([column]) => sql.ref(column)))
  const direction = sql.raw(order.direction)
  const sorted = sql.join(keys.map(([column]) => sql`${sql.ref(column)} ${direction}`))
  const printed = sql.join(keys.map(([column]) => sql`to_json(${sql.ref(column)}) #>> '{}'`))
  const beyond = sql.raw(order.direction === 'asc' ? '>' : '<')
  const where = after ? sql`where (${columns}) ${beyond} (${readCursor(after, keys)})` : sql``
  const query = sql<{ item: Item; cursor: string[] }>`
    select to_json(list) as item, array[${printed}] as cursor from (${select}) as list
    ${where} order by ${sorted} limit ${limit + 1}`
  const { rows } = await query.execute(session).catch((error: unknown) => {
    // Class 22: a value of the cursor is none of its column's type.
    if (after && (error as { code?: string }).code?.startsWith('22'))
      throw new Problem('invalid_cursor')
    throw error
  })
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { items: shown.map(({ item }) => item), next: last ? writeCursor(last.cursor) : null }
}

/** Reads the one row of a query in the form that lists have: as PostgreSQL's JSON, moments in ISO 8601. */
export async function readItem<Item>(
  session: Session,
  select: RawBuilder<unknown>,
): Promise<Item | undefined> {
  const { rows } = await sql<{ item: Item }>`
    select to_json(list) as item from (${select}) as list`.execute(session)
  return rows[0]?.item
}

export type KeyType = 'timestamptz' | 'uuid' | 'int4' | 'text'

function readCursor(after: string, keys: readonly (readonly [string, KeyType])[]) {
  const values = parseCursor(after)
  if (values.length !== keys.length) throw new Problem('invalid_cursor')
  return sql.join(keys.map(([, type], index) => sql`${values[index]}::${sql.raw(type)}`))
}

function writeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

function parseCursor(after: string): string[] {
  try {
    return cursor.parse(JSON.parse(Buffer.from(after, 'base64url').toString()))
  } catch {
    throw new Problem('invalid_cursor')
  }
}

const cursor = z.array(z.string().refine((text) => text.isWellFormed() && !text.includes('\u0000')))
