import type { Client } from 'pg'
import type { Written } from './case.ts'

type Values = Readonly<Record<string, unknown>>

/**
 * What became of what somebody else has written while the database was on its way: says where it does not stand
 * any more. Of one row the last write counts. A row may be in the archive with its table, if that is told.
 */
export async function judgeWritten(
  client: Client,
  written: readonly Written[],
  isSomethingKept: boolean,
): Promise<string[]> {
  const problems: string[] = []
  for (const [place, last] of lastWrites(written)) {
    const { table, id, values, isGone } = last
    const now = await rowsNow(client, table, id)
    if (isGone) {
      if (now.length > 0) problems.push(`${place} was deleted, and is there again`)
    } else if (now.length === 0) {
      if (!isSomethingKept) problems.push(`${place} is gone: ${JSON.stringify(values)}`)
    } else {
      // Without a key a row that was taken comes back beside a new one.
      const each = now.map((row) => changed(place, values, row))
      if (each.every((differences) => differences.length > 0)) problems.push(...(each[0] ?? []))
    }
  }
  return problems
}

interface LastWrite {
  readonly table: string
  readonly id: string
  readonly isGone: boolean
  readonly isNew: boolean
  readonly values: Values
}

function lastWrites(written: readonly Written[]): Map<string, LastWrite> {
  const last = new Map<string, LastWrite>()
  for (const { write, rows } of written) {
    for (const row of rows) {
      const id = String(row['id'])
      const place = `${write.table} ${id}`
      const then = last.get(place)
      const isGone = write.what === 'delete'
      // That a row of the writer's own is gone says nothing of one that was there before.
      if (isGone && then && !then.isGone && then.isNew) {
        last.delete(place)
        continue
      }
      const kept = then && !then.isGone && write.what === 'update' ? then.values : {}
      const set = Object.fromEntries(write.columns.map((column) => [column, row[column]]))
      last.set(place, {
        table: write.table,
        id,
        isGone,
        isNew: write.what === 'insert' || then?.isNew === true,
        values: isGone ? {} : { ...kept, ...set, ...write.later },
      })
    }
  }
  return last
}

async function rowsNow(client: Client, table: string, id: string): Promise<Values[]> {
  const there = await client.query('select where to_regclass($1) is not null', [table])
  if (there.rowCount === 0) return []
  const { rows } = await client.query<{ 'the row': Values }>(
    `select to_jsonb("the table") as "the row" from ${table} "the table" where id::text = $1`,
    [id],
  )
  return rows.map((row) => row['the row'])
}

function changed(place: string, values: Values, now: Values): string[] {
  return Object.entries(values).flatMap(([column, value]) => {
    const [was, is] = [JSON.stringify(value), JSON.stringify(now[column])]
    return was === is ? [] : [`${place}: ${column} was written as ${was}, and is ${is}`]
  })
}
