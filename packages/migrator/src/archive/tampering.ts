import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { messageFrom } from '../errors/message-from.ts'
import { isGone } from '../errors/postgres-error.ts'
import { ARCHIVE_SCHEMA } from '../journal/journal.ts'
import { sqlState } from '../session/connect.ts'
import { hasArchive } from './schema.ts'

/** The ids of the entries that are there with all that they have. Copies that wait for their segment are none. */
export async function readIntact(client: pg.ClientBase): Promise<ReadonlySet<string>> {
  if (!(await hasArchive(client))) return new Set()
  const { rows } = await client.query<{ id: string }>(
    `select id::text from ${ARCHIVE_SCHEMA}.entries
      where to_jsonb(entries)->'facts'->'prepared' is null
        and not exists (select from unnest(relations) as relation
                         where to_regclass(format('${ARCHIVE_SCHEMA}.%I', relation)) is null)`,
  )
  return new Set(rows.map(({ id }) => id))
}

/** Throws BOOKKEEPING_DROPPED where the statements of a migration have taken entries out of the archive. */
export async function refuseTampering(
  client: pg.ClientBase,
  name: string,
  expected: ReadonlySet<string>,
): Promise<void> {
  const intact = await readIntact(client)
  const missing = [...expected].filter((id) => !intact.has(id))
  if (missing.length === 0) return
  const reason = `the archive would lose ${missing.length === 1 ? 'entry' : 'entries'} ${missing.join(', ')}`
  throw failure('BOOKKEEPING_DROPPED', { name, reason })
}

/** duplicate_schema: of an archive that had entries only the schema is left. */
const SCHEMA_THERE = '42P06'

/** BOOKKEEPING_DROPPED for what a statement of the archive's own was refused because the archive is gone; or the error. */
export function explainTampering(name: string, error: unknown): unknown {
  const reason = messageFrom(error)
  const isUnmade = isGone(error) || sqlState(error) === SCHEMA_THERE
  if (!isUnmade || !reason.includes(ARCHIVE_SCHEMA)) return error
  return failure('BOOKKEEPING_DROPPED', { name, reason }, error)
}
