import type pg from 'pg'
import { trySavepoint } from '../session/savepoints.ts'
import { ARCHIVE_SCHEMA, type Writer } from '../journal/journal.ts'
import { JOURNAL_SCHEMA } from '../journal/names.ts'
import { TRUSTED } from '../journal/trust.ts'
import { quoteName } from '../sql/quote-name.ts'
import { hasArchive, setFacts, type ArchiveEntry } from './schema.ts'
import { isRefused, withExactText } from './text.ts'

/*
 * Whether anybody else has written since something was taken away. Each segment that commits leaves a digest of all
 * tables with what waits in the archive, and the next one, of whichever run, compares it before its first statement. Once it
 * differs, or where there is too much to read under locks, nobody knows. What others write while a segment runs is not
 * noticed by this.
 */

const LIMIT_BYTES = 4 * 2 ** 20

/** With the end of a segment: what waits, and what the run has just taken away, remembers what is there besides. */
export async function rememberContents(
  client: pg.ClientBase,
  { ledger, run }: Writer,
): Promise<void> {
  if (!(await hasArchive(client))) return
  const { rows } = await client.query<{ id: string }>(
    `select id::text from ${ARCHIVE_SCHEMA}.entries
      where ledger = $1 and kind <> 'sequence' and not facts ? 'prepared' and (facts ? 'contents' or run = $2)`,
    [ledger, run],
  )
  if (rows.length === 0) return
  const contents = await readContents(client, ledger)
  await client.query(
    `update ${ARCHIVE_SCHEMA}.entries set facts = facts - 'contents' || jsonb_strip_nulls(jsonb_build_object('contents', $2::text))
      where id = any ($1::bigint[])`,
    [rows.map(({ id }) => id), contents],
  )
}

/** Before the first statement of a segment: forgets the contents where they are others now. Returns those entries. */
export async function compareContents(
  client: pg.ClientBase,
  { ledger }: Pick<Writer, 'ledger'>,
  entries: readonly ArchiveEntry[],
): Promise<ArchiveEntry[]> {
  const told = entries.filter(({ facts }) => facts.contents !== undefined)
  if (told.length === 0) return []
  const now = await readContents(client, ledger)
  const others = told
    .filter(({ facts }) => facts.contents !== now)
    .map((entry) => {
      const { contents: _, ...facts } = entry.facts
      return { ...entry, facts }
    })
  for (const { id, facts } of others) await setFacts(client, id, facts)
  return others
}

/** Undefined where they are too large, or must not be read. */
async function readContents(client: pg.ClientBase, ledger: string): Promise<string | undefined> {
  const { rows } = await client.query<{
    schema: string
    name: string
    bytes: string
    isTrusted: boolean
  }>(
    `with recursive ${TRUSTED}
     select n.nspname as schema, c.relname as name, pg_table_size(c.oid)::text as bytes,
            relowner in (table trusted) and nspowner in (table trusted) as "isTrusted"
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and c.relpersistence <> 't' and c.oid is distinct from to_regclass($1)
        and n.nspname not in ('${ARCHIVE_SCHEMA}', '${JOURNAL_SCHEMA}', 'information_schema') and n.nspname !~ '^pg_'
      order by 1, 2`,
    [ledger],
  )
  if (rows.reduce((sum, { bytes }) => sum + Number(bytes), 0) > LIMIT_BYTES) return undefined
  // To read a table is to run what its owner has put on it.
  if (rows.some(({ isTrusted }) => !isTrusted)) return undefined
  if (rows.length === 0) return ''
  const parts = rows.map(
    ({ schema, name }, i) =>
      `select concat_ws(' ', $${i + 1}::text, count(*), sum(hashtextextended("the row"::text, 0)::numeric))
         from only ${quoteName(name, schema)} as "the row"`,
  )
  const read = () =>
    withExactText(client, () =>
      client.query<{ contents: string }>(
        `select md5(string_agg(part, ' ' order by part)) as contents from (${parts.join(' union all ')}) as it (part)`,
        rows.map(({ schema, name }) => quoteName(name, schema)),
      ),
    )
  const tried = await trySavepoint(client, read, isRefused)
  return 'value' in tried ? tried.value.rows[0]?.contents : undefined
}
