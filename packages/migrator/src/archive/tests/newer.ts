import type { Client } from 'pg'
import { ARCHIVE_SCHEMA } from '../../journal/journal.ts'
import type { ArchiveEntry } from '../schema.ts'
import type { Writer, Written } from './case.ts'

/** A write, and which way the database went then. */
export interface WrittenAt extends Written {
  readonly at: Writer['at']
}

type Values = Readonly<Record<string, unknown>>

/**
 * What became of what somebody else has written while the database was on its way: says where it does not stand
 * any more. Of one row the last write counts. A row may be in the archive with its table, if that is told; and so may
 * a value that was written on the way down, since `down` may have taken it after that.
 */
export async function judgeWritten(
  client: Client,
  written: readonly WrittenAt[],
  entries: readonly ArchiveEntry[],
): Promise<string[]> {
  const kept = await readKept(client, entries)
  const problems: string[] = []
  for (const [place, last] of lastWrites(written)) {
    const { table, id, values, isGone, mayBeTaken } = last
    const now = await rowsNow(client, table, id)
    if (isGone) {
      if (now.length > 0) problems.push(`${place} was deleted, and is there again`)
    } else if (now.length === 0) {
      if (kept.length === 0) problems.push(`${place} is gone: ${JSON.stringify(values)}`)
    } else {
      // Without a key a row that was taken comes back beside a new one.
      const each = now.map((row) =>
        Object.entries(values).flatMap(([column, value]) =>
          mayBeTaken.has(column) && isKept(kept, value)
            ? []
            : changed(place, column, value, row[column]),
        ),
      )
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
  /** Columns that were last written on the way down. */
  readonly mayBeTaken: ReadonlySet<string>
}

function lastWrites(written: readonly WrittenAt[]): Map<string, LastWrite> {
  const last = new Map<string, LastWrite>()
  for (const { write, rows, at } of written) {
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
      const set: Values = Object.fromEntries(write.columns.map((column) => [column, row[column]]))
      last.set(place, {
        table: write.table,
        id,
        isGone,
        isNew: write.what === 'insert' || then?.isNew === true,
        values: isGone ? {} : { ...kept, ...set, ...write.later },
        mayBeTaken: new Set(
          at === 'down'
            ? Object.keys({ ...kept, ...set })
            : [...(then?.mayBeTaken ?? [])].filter((column) => !(column in set)),
        ),
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

function changed(place: string, column: string, value: unknown, now: unknown): string[] {
  const [was, is] = [JSON.stringify(value), JSON.stringify(now)]
  return was === is ? [] : [`${place}: ${column} was written as ${was}, and is ${is}`]
}

/** The rows of the archive, as texts. */
async function readKept(client: Client, entries: readonly ArchiveEntry[]): Promise<string[]> {
  const kept: string[] = []
  for (const relation of entries.flatMap(({ relations }) => relations)) {
    const { rows } = await client.query<{ kept: string }>(
      `select to_jsonb("the entry")::text as kept from ${ARCHIVE_SCHEMA}.${relation} "the entry"`,
    )
    kept.push(...rows.map((row) => row.kept))
  }
  return kept
}

function isKept(kept: readonly string[], value: unknown): boolean {
  return kept.some((row) => row.includes(String(value)))
}
