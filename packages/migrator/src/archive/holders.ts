import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from '../journal/journal.ts'
import { nameTable } from './restore-order.ts'
import { inArchive, type ArchiveEntry } from './schema.ts'
import { whyUnread } from './strangers.ts'
import { EQUATING, keyWithout, readTables, type StoredTable } from './tables.ts'
import { writeColumn, asText } from './text.ts'

/** What has something of the rows of a table: the table itself, or an entry of the archive. */
export interface Source {
  /** What stands in FROM. */
  readonly from: string
  /** The texts of its columns in a row `a`, the newest first, by the names that they have or had in the table. */
  readonly columns: ReadonlyMap<string, readonly string[]>
  /** What is known of the types of its columns, by the same names. */
  readonly types: ReadonlyMap<string, readonly string[]>
  /** The collations of its columns that take different texts for equal, by the same names. */
  readonly collations: ReadonlyMap<string, string>
  /** The columns that find a row; empty: none do. */
  readonly key: readonly string[]
}

export interface Holder extends Source {
  readonly entry: ArchiveEntry
  /** Nothing tells what it has of the rows, and why. */
  readonly whyUnjudged: string | undefined
}

interface Holders {
  /** False where neither the database nor the archive has a table of that name. */
  readonly isKnown: boolean
  /** Of entries with rows or values. */
  readonly entries: readonly Holder[]
  /** Copies that wait for their segment. */
  readonly prepared: readonly ArchiveEntry[]
  readonly all: readonly Source[]
}

/**
 * Finds all that is of a table, by its name of now, by one that it had, and by the table itself, parts of it included.
 * Throws PURGE_AMBIGUOUS where tables of several schemas have the name.
 */
export async function readHolders(
  client: pg.ClientBase,
  entries: readonly ArchiveEntry[],
  table: string,
): Promise<Holders> {
  const there = await readTables(client, await namedNow(client, table))
  refuseSeveral(entries, table, there)
  const parts = await readTables(client, await findParts(client, there))
  const { own, wholes } = related(entries, table, [...there, ...parts])
  const oids = own.flatMap(({ facts }) => facts.table ?? [])
  const live = new Map([...there, ...(await readTables(client, oids))].map((one) => [one.oid, one]))
  const readable: Source[] = []
  for (const one of live.values()) {
    const isOurs = one.schema === ARCHIVE_SCHEMA || one.hidesRows
    if (!isOurs && (await whyUnread(client, one)) === undefined) readable.push(liveSource(one))
  }
  const held: Holder[] = []
  const strays = await findStrays(client, entries)
  for (const entry of new Set([...own, ...wholes, ...strays].filter(isHeld))) {
    const whyUnjudged = own.includes(entry)
      ? undefined
      : strays.includes(entry)
        ? STRAY
        : partOf(table)
    held.push({ ...(await entrySource(client, entry, live)), entry, whyUnjudged })
  }
  const prepared = [...own, ...wholes].filter(({ facts }) => facts.prepared)
  const isKnown = there.length + own.length + wholes.length > 0
  return { isKnown, entries: held, prepared, all: [...readable, ...held] }
}

const isHeld = ({ kind, facts }: ArchiveEntry) => kind !== 'sequence' && !facts.prepared

const partOf = (table: string) => `of a table that ${table} is a part of: name that table`

const STRAY = 'of a table that has another name in this copy of its database'

/** Entries from before the database was copied, whose table nothing tells: none has its name, here or in the archive. */
async function findStrays(
  client: pg.ClientBase,
  entries: readonly ArchiveEntry[],
): Promise<ArchiveEntry[]> {
  const copied = entries.filter(({ facts }) => facts.isCopied && facts.table === undefined)
  const { rows } = await client.query<{ id: string }>(
    `select id from unnest($1::text[], $2::text[], $3::text[]) as entry (id, schema, name)
      where to_regclass(format('%I.%I', schema, name)) is null`,
    [
      copied.map(({ id }) => id),
      copied.map(({ schema }) => schema),
      copied.map(({ table }) => table),
    ],
  )
  const gone = new Set(rows.map(({ id }) => id))
  const archived = new Set(entries.filter(({ kind }) => kind === 'table').map(nameTable))
  return copied.filter((entry) => gone.has(entry.id) && !archived.has(nameTable(entry)))
}

function related(
  entries: readonly ArchiveEntry[],
  asked: string,
  there: readonly StoredTable[],
): { readonly own: readonly ArchiveEntry[]; readonly wholes: readonly ArchiveEntry[] } {
  const means = (schema: string, name: string) => asked === name || asked === `${schema}.${name}`
  const oids = new Set(there.map(({ oid }) => oid))
  const isOf = ({ schema, table, facts: { before, wholes = [], ...facts } }: ArchiveEntry) =>
    means(schema, table) ||
    (before !== undefined && means(before.schema ?? schema, before.table)) ||
    wholes.some((whole) => means(whole.schema, whole.name) || oids.has(whole.oid)) ||
    [facts.table, facts.prepared?.table].some((oid) => oid !== undefined && oids.has(oid))
  // The table had other names in other entries.
  for (const { facts } of entries.filter(isOf)) oids.add(facts.table ?? '')
  const own = entries.filter(isOf)
  const above = new Set(
    [
      ...there.flatMap(({ wholes }) => wholes),
      ...own.flatMap(({ facts }) => facts.wholes ?? []),
    ].map(({ oid }) => oid),
  )
  const wholes = entries.filter(
    (entry) => !own.includes(entry) && above.has(entry.facts.table ?? ''),
  )
  return { own, wholes }
}

/** Throws PURGE_AMBIGUOUS. One table may have been in several schemas. */
function refuseSeveral(
  entries: readonly ArchiveEntry[],
  asked: string,
  there: readonly StoredTable[],
): void {
  const named = [
    ...there.map(({ schema, name, oid }) => ({ schema, name, oid })),
    ...entries.flatMap(({ schema, table, facts: { before, wholes = [], ...facts } }) => {
      const oid = facts.table ?? facts.prepared?.table ?? ''
      const earlier = before ? [{ schema: before.schema ?? schema, name: before.table, oid }] : []
      return [{ schema, name: table, oid }, ...earlier, ...wholes]
    }),
  ].filter(({ name }) => name === asked)
  const schemas = Map.groupBy(named, ({ schema }) => schema)
  const [first, ...others] = schemas.keys()
  if (first === undefined) return
  const same = new Set([first])
  const oids = new Set<string>()
  for (const schema of same) {
    for (const { oid } of schemas.get(schema) ?? []) oids.add(oid)
    for (const other of others) {
      if (schemas.get(other)?.some(({ oid }) => oid !== '' && oids.has(oid))) same.add(other)
    }
  }
  if (same.size === schemas.size) return
  const tables = [...schemas.keys()].map((schema) => `${schema}.${asked}`).toSorted()
  throw failure('PURGE_AMBIGUOUS', { table: asked, tables })
}

/** The tables that have a name, in whatever schema. */
async function namedNow(client: pg.ClientBase, table: string): Promise<string[]> {
  const { rows } = await client.query<{ oid: string }>(
    `select c.oid::text from pg_class c join pg_namespace n on n.oid = relnamespace
      where $1::text in (relname, concat(nspname, '.', relname)) and nspname <> all ($2)`,
    [table, [ARCHIVE_SCHEMA, JOURNAL_SCHEMA]],
  )
  return rows.map(({ oid }) => oid)
}

/** The partitions and heirs of tables. */
async function findParts(client: pg.ClientBase, tables: readonly StoredTable[]): Promise<string[]> {
  const { rows } = await client.query<{ oid: string }>(
    `with recursive part (oid) as (
       select unnest($1::oid[]) union select inhrelid from pg_inherits join part on inhparent = part.oid)
     select oid::text from part`,
    [tables.map(({ oid }) => oid)],
  )
  return rows.map(({ oid }) => oid)
}

function liveSource(table: StoredTable): Source {
  const columns = table.columns.map(({ name }) => [name, [asText(writeColumn('a', name))]] as const)
  const types = new Map(table.columns.map(({ name, type }) => [name, [type]] as const))
  const collations = readCollations(table.columns)
  const key = keyWithout(table, []) ?? []
  return { from: table.from, columns: new Map(columns), types, collations, key }
}

function readCollations(
  columns: readonly { readonly name: string; readonly collation: string | null }[],
): ReadonlyMap<string, string> {
  return new Map(
    columns.flatMap(({ name, collation }) => (collation === null ? [] : [[name, collation]])),
  )
}

async function entrySource(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  live: ReadonlyMap<string, StoredTable>,
): Promise<Source> {
  const { kind, relations, facts } = entry
  const from = inArchive(relations[0] ?? '')
  const { rows } = await client.query<{ name: string; type: string; collation: string | null }>(
    `select attname as name, format_type(atttypid, -1) as type, ${EQUATING} as collation
       from pg_attribute a where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
    [from],
  )
  const has = rows.map(({ name }) => name)
  if (kind === 'values') return valuesSource(entry, from, has, live)
  return {
    from,
    key: [],
    collations: new Map([...readCollations(rows), ...Object.entries(facts.collations ?? {})]),
    columns: new Map(has.map((name) => [name, [asText(writeColumn('a', name))]])),
    types: new Map(
      kind === 'table'
        ? rows.map(({ name, type }) => [name, [type]])
        : Object.entries(facts.rowTypes ?? {}).map(([name, type]) => [name, [type]]),
    ),
  }
}

/** `has`: the columns of the relation. */
function valuesSource(
  { key, columns: names, facts }: ArchiveEntry,
  from: string,
  has: readonly string[],
  live: ReadonlyMap<string, StoredTable>,
): Source {
  const columns = new Map(key.map((name, i) => [name, [`a.key${i + 1}`]]))
  const types = new Map<string, readonly string[]>()
  const collations = new Map(Object.entries(facts.collations ?? {}))
  const now = live.get(facts.table ?? '')?.columns ?? []
  for (const [i, name] of names.entries()) {
    const values = [`a.old${i + 1}`, `a.new${i + 1}`].filter((one) => has.includes(one.slice(2)))
    const named = now.find(({ number }) => number === facts.numbers?.[i])?.name
    const type = facts.types?.[i]
    const collation = facts.collations?.[name]
    for (const known of new Set([name, facts.before?.columns[i] ?? name, named ?? name])) {
      columns.set(known, values)
      types.set(known, type === undefined ? [] : [type])
      if (collation !== undefined) collations.set(known, collation)
    }
  }
  return { from, columns, types, collations, key }
}
