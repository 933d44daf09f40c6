import type pg from 'pg'
import { JOURNAL } from '../journal/journal.ts'
import {
  findAdding,
  findUntold,
  originOfRows,
  tellsDelete,
  type Origin,
  type Ways,
} from './own-writes.ts'
import { wasReached, type Reached } from './reached-rows.ts'
import { isGiven } from './references.ts'
import type { ArchiveEntry } from './schema.ts'
import { isEmpty, type StoredTable } from './tables.ts'
import { isWritten } from './versions.ts'

export interface Told {
  /** The migration has made the table: nobody else's rows are there. */
  readonly isNew: boolean
  readonly ways: Ways
  readonly reached: Reached
}

/** Rows of the migration's own may also be there by what its text does not tell: SELECT INTO, a trigger. */
export async function findOrigin(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  { isNew, ways, reached }: Told,
): Promise<Origin> {
  const writings = { writings: ways.own, functions: ways.functions }
  const told = originOfRows(writings, [table.name, entry.table], { isNew })
  const known = Object.keys(entry.facts.digests ?? {})
  const isUntold =
    findUntold(writings, [table.name, entry.table], { known, ...table }).length > 0 ||
    (told === 'text' && (await mayFillFromOthers(client, table)))
  const origin = told !== 'rows' && isUntold ? 'unknown' : told
  if (origin === 'text' && !isNew) {
    const names = [table.name, entry.table]
    const reaching = { reached, ways, tellsDelete: tellsDelete(ways.own, names) }
    return (await wasReached(client, entry, table.oid, reaching)) ? 'reached' : origin
  }
  if (origin === 'unknown') {
    const own = { ...table, from: `${table.from} t where ${isWritten(entry, ways)}` }
    return (await isEmpty(client, own)) ? 'none' : origin
  }
  if (origin !== 'none' || !isNew || (await isGiven(client, table, entry))) return origin
  return (await isEmpty(client, table)) ? 'none' : 'rows'
}

/**
 * The migration stands for the one of an entry and adds to the table by the same statements, so that what it adds was part
 * of the rows then; and nothing else of the archive is there since.
 */
export async function addsWhatItAdded(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  table: StoredTable,
  { own, names }: Ways,
): Promise<boolean> {
  const { migration, facts } = entry
  const adding = findAdding(own, [table.name, entry.table]).map(({ checksum }) => checksum ?? '')
  if (adding.length === 0 || !names.includes(migration)) return false
  const { rows } = await client.query<{ known: boolean }>(
    `select $1::text[] <@ array(select one->>'checksum' from ${JOURNAL} j, jsonb_array_elements(to_jsonb(j.statements)) as one
                                 where event = 'done' and migration = $2 and checksum = $3 and direction <> $4) as known`,
    [adding, migration, facts.checksum, facts.direction ?? 'down'],
  )
  return rows[0]?.known === true && !(await isGiven(client, table, entry))
}

/** A default, or a trigger (disabled while rows are restored), may put what it reads elsewhere into a row that an INSERT has from its own text. */
async function mayFillFromOthers(client: pg.ClientBase, { oid }: StoredTable): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    `select exists (select from pg_attrdef d join pg_depend u on u.classid = 'pg_attrdef'::regclass and u.objid = d.oid
                      join pg_proc f on u.refclassid = 'pg_proc'::regclass and f.oid = u.refobjid
                     where d.adrelid = $1::oid and f.pronamespace <> 'pg_catalog'::regnamespace)
         or exists (select from pg_trigger g join pg_proc f on f.oid = g.tgfoid
                     where g.tgrelid = $1::oid and not g.tgisinternal and g.tgtype & 4 <> 0
                       and coalesce(f.prosrc ~* '${READING}', true)) as may`,
    [oid],
  )
  return rows[0]?.may ?? false
}

/** Words without which a body reads no table. */
const READING = String.raw`\m(from|perform|execute|call|table)\M`
