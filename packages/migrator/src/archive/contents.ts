import type pg from 'pg'
import { trySavepoint } from '../session/savepoints.ts'
import { ARCHIVE_SCHEMA, type Writer } from '../journal/journal.ts'
import { JOURNAL_SCHEMA } from '../journal/names.ts'
import type { TableLock } from '../migration.ts'
import { TRUSTED } from '../journal/trust.ts'
import { quoteName } from '../sql/quote-name.ts'
import { hasArchive, setFacts, type ArchiveEntry, type Digests, type EntryFacts } from './schema.ts'
import { isRefused } from './text.ts'
import { askAgain } from '../session/prepared.ts'

/*
 * Whether anybody else has written since something was taken away. Each segment that commits leaves a digest of each
 * table with what waits in the archive, and the next one, of whichever run, compares them before its first statement. Of a
 * table whose digest differs then, or that is too long to read under locks, nobody knows, for good. What others write
 * while a segment runs is not noticed by this. The digest is of the versions of the rows, not of their values: whoever
 * writes a row makes a new one, and values may be long.
 */

/** Of all tables together, without what is stored aside. */
const LIMIT_BYTES = 16 * 2 ** 20

/** In place of the digest of a table that was written since, or that is not known. */
const UNKNOWN = ''

interface TableToRead {
  readonly schema: string
  readonly name: string
  readonly isRead: boolean
  readonly isEmpty: boolean
  /** Other tables inherit from it: what is read from it is theirs, too. */
  readonly isParent: boolean
  /** Which table it is, of what, with which columns: others make no new version of a row. */
  readonly shape: string
}

/** A table as a text names it. */
type Named = Pick<TableLock, 'schema' | 'table'>

/** Nobody else has written these tables since the loss, or any at all. Undefined: they may be any. */
export function isUntouched({ digests }: EntryFacts, tables?: readonly Named[]): boolean {
  if (!digests) return false
  const all = Object.entries(digests)
  const areKnown = (some: typeof all) => some.every(([, digest]) => digest !== UNKNOWN)
  const isKnown = ({ schema, table }: Named) => {
    const named = all.filter(([name]) =>
      schema === undefined
        ? name.endsWith(`.${quoteName(table)}`)
        : name === quoteName(table, schema),
    )
    return named.length > 0 && areKnown(named)
  }
  return areKnown(all) || (tables?.every(isKnown) ?? false)
}

/** With the end of a segment: what waits, and what the run has just taken away, remembers what is there besides. */
export async function rememberContents(
  client: pg.ClientBase,
  { ledger, run }: Writer,
): Promise<void> {
  if (!(await hasArchive(client))) return
  const { rows } = await client.query<{ id: string }>(
    `select id::text from ${ARCHIVE_SCHEMA}.entries
      where ledger = $1 and kind <> 'sequence' and not facts ? 'prepared' and (facts ? 'digests' or run = $2)`,
    [ledger, run],
  )
  if (rows.length === 0) return
  const digests = await readDigests(client, ledger)
  await client.query(
    `update ${ARCHIVE_SCHEMA}.entries set facts = facts || jsonb_build_object('digests', $2::jsonb || coalesce(
        (select jsonb_object_agg(key, value) from jsonb_each_text(facts->'digests') where value = '${UNKNOWN}'), '{}'))
      where id = any ($1::bigint[])`,
    [rows.map(({ id }) => id), JSON.stringify(digests)],
  )
}

/** Before the first statement of a segment: forgets what is other now. Returns the entries of which that is known. */
export async function compareContents(
  client: pg.ClientBase,
  { ledger }: Pick<Writer, 'ledger'>,
  entries: readonly ArchiveEntry[],
): Promise<ArchiveEntry[]> {
  const told = entries.filter(({ facts }) => facts.digests !== undefined)
  if (told.length === 0) return []
  const now = await readDigests(client, ledger)
  const others = told.flatMap((entry) => {
    const { digests = {} } = entry.facts
    const names = Object.keys({ ...digests, ...now })
    const changed = names.filter((name) => digests[name] !== UNKNOWN && digests[name] !== now[name])
    if (changed.length === 0) return []
    const unknown = Object.fromEntries(changed.map((name) => [name, UNKNOWN]))
    return [{ ...entry, facts: { ...entry.facts, digests: { ...digests, ...unknown } } }]
  })
  for (const { id, facts } of others) await setFacts(client, id, facts)
  return others
}

/** Those of tables that are too large, or must not be read, are not known. */
async function readDigests(client: pg.ClientBase, ledger: string): Promise<Digests> {
  const { rows } = await askAgain<TableToRead>(
    client,
    `with recursive ${TRUSTED}
     select n.nspname as schema, c.relname as name, c.relhassubclass as "isParent",
            pg_relation_size(c.oid) = 0 and not c.relhassubclass as "isEmpty",
            md5(concat_ws(' ', c.oid, (select string_agg(i.inhparent::text, ' ' order by i.inhparent) from pg_inherits i where i.inhrelid = c.oid),
              (select string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid), ' ' order by a.attnum)
                 from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped))) as shape,
            relowner in (table trusted) and nspowner in (table trusted)
              and sum(pg_relation_size(c.oid)) over (order by pg_relation_size(c.oid), c.oid) <= ${LIMIT_BYTES} as "isRead"
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'm') and c.relpersistence <> 't' and c.oid is distinct from to_regclass($1)
        and n.nspname not in ('${ARCHIVE_SCHEMA}', '${JOURNAL_SCHEMA}', 'information_schema') and n.nspname !~ '^pg_'`,
    [ledger],
  )
  const tables = rows.map(({ schema, name, ...table }) => ({
    ...table,
    name: quoteName(name, schema),
  }))
  const unknown = Object.fromEntries(
    tables.map(({ name, isRead, isEmpty, shape }) => [name, isRead && isEmpty ? shape : UNKNOWN]),
  )
  // To read a table is to run what its owner has put on it.
  const read = tables.filter(({ isRead, isEmpty }) => isRead && !isEmpty)
  if (read.length === 0) return unknown
  const parts = read.map(
    ({ name, isParent, shape }, i) =>
      `select $${i + 1}::text as name, concat_ws(' ', '${shape}', count(*), sum(hashint8extended(xmin::text::bigint, 0)::numeric)) as digest
         from ${isParent ? '' : 'only '}${name}`,
  )
  const names = read.map(({ name }) => name)
  const work = () =>
    client.query<{ name: string; digest: string }>(parts.join(' union all '), names)
  const tried = await trySavepoint(client, work, isRefused)
  if (!('value' in tried)) return unknown
  const known = tried.value.rows.map(({ name, digest }) => [name, digest])
  return { ...unknown, ...Object.fromEntries(known) }
}
