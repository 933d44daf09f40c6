import type pg from 'pg'
import { trySavepoint } from '../session/savepoints.ts'
import { isConnectionLost, isRetried, sqlState } from '../session/connect.ts'
import { isRowsHidden } from '../session/all-rows.ts'
import { ARCHIVE_SCHEMA, type Writer } from '../journal/journal.ts'
import { JOURNAL_SCHEMA } from '../journal/names.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { ArchiveRun } from './record.ts'
import { hasArchive, setFacts, type ArchiveEntry } from './schema.ts'
import { withExactText } from './text.ts'

/*
 * Whether anybody has written since a migration took something away: the contents of all tables then and now. Where there
 * is too much to read under locks, nobody knows.
 */

const LIMIT_BYTES = 16 * 2 ** 20

/** With the end of a migration: what it took away remembers what was there besides. */
export async function rememberContents(
  client: pg.ClientBase,
  { actor, migration }: Pick<ArchiveRun, 'actor' | 'migration'>,
): Promise<void> {
  if (!(await hasArchive(client))) return
  const { rows } = await client.query<Pick<ArchiveEntry, 'id' | 'facts'>>(
    `select id::text, facts from ${ARCHIVE_SCHEMA}.entries
      where ledger = $1 and run = $2 and migration = $3 and kind <> 'sequence' and facts->'prepared' is null`,
    [actor.ledger, actor.run, migration],
  )
  if (rows.length === 0) return
  const contents = await readContents(client, actor)
  if (contents === undefined) return
  for (const { id, facts } of rows) await setFacts(client, id, { ...facts, contents })
}

/** Before the first statement of a migration: says of what waits for it whether all else is as it was. */
export async function compareContents(
  client: pg.ClientBase,
  actor: Writer,
  entries: readonly ArchiveEntry[],
): Promise<ArchiveEntry[]> {
  const told = entries.filter(({ facts }) => facts.contents !== undefined)
  if (told.length === 0) return []
  const now = await readContents(client, actor)
  const judged = told.map(({ facts: { contents, ...facts }, ...entry }) => ({
    ...entry,
    facts: { ...facts, isUntouched: contents === now },
  }))
  for (const { id, facts } of judged) await setFacts(client, id, facts)
  return judged
}

/** Undefined where they are too large, or may not be read. */
async function readContents(
  client: pg.ClientBase,
  { ledger }: Pick<Writer, 'ledger'>,
): Promise<string | undefined> {
  const { rows } = await client.query<{ schema: string; name: string; bytes: string }>(
    `select n.nspname as schema, c.relname as name, pg_table_size(c.oid)::text as bytes
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence <> 't' and c.oid is distinct from to_regclass($1)
        and n.nspname not in ('${ARCHIVE_SCHEMA}', '${JOURNAL_SCHEMA}', 'information_schema') and n.nspname !~ '^pg_'
      order by 1, 2`,
    [ledger],
  )
  if (rows.reduce((sum, { bytes }) => sum + Number(bytes), 0) > LIMIT_BYTES) return undefined
  if (rows.length === 0) return ''
  const parts = rows.map(
    ({ schema, name }) =>
      `select concat_ws(' ', ${RELATION}, count(*), sum(hashtextextended("the row"::text, 0)::numeric))
         from only ${quoteName(name, schema)} as "the row"`,
  )
  const texts = parts.map((part, i) => part.replace(RELATION, `$${i + 1}::text`))
  const read = () =>
    withExactText(client, () =>
      client.query<{ contents: string }>(
        `select md5(string_agg(part, ' ' order by part)) as contents from (${texts.join(' union all ')}) as it (part)`,
        rows.map(({ schema, name }) => quoteName(name, schema)),
      ),
    )
  const tried = await trySavepoint(client, read, isUnreadable)
  return 'value' in tried ? tried.value.rows[0]?.contents : undefined
}

const RELATION = '<relation>'

function isUnreadable(error: unknown): boolean {
  if (isConnectionLost(error) || isRetried(error)) return false
  return sqlState(error) !== undefined || isRowsHidden(error)
}
