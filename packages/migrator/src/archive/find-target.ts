import type pg from 'pg'
import { ARCHIVE_SCHEMA } from '../journal/journal.ts'
import type { Name, Statement } from '../migration.ts'
import { columnNow, tableNow } from '../known/names-before.ts'
import { nameTable } from './restore-order.ts'
import type { ArchiveEntry } from './schema.ts'
import { whyUnwritten } from './strangers.ts'
import {
  findTable,
  findTableByOid,
  readTables,
  type StoredColumn,
  type StoredTable,
} from './tables.ts'

/** Statements that are still to come. */
export type Coming = readonly Pick<Statement, 'renames' | 'effects'>[]

interface Finding {
  readonly coming?: Coming
  /** Tables that were made in the place of others, by the names under which that happened. */
  readonly sighted?: ReadonlyMap<string, string>
  /** What was read of the tables that the entries note, where that was just now. */
  readonly noted?: readonly StoredTable[]
}

/**
 * The table that an entry is of: the very one, whatever its name is now; or the one that has, behind all statements of
 * the migration, the name that the lost one had before. Names in between lead astray: a migration may give one to
 * several tables in turn. Where renamings are in no text, the table is known by when it was made (`sighted`).
 */
export async function findTarget(
  client: pg.ClientBase,
  entry: ArchiveEntry,
  { sighted, noted, coming = [] }: Finding = {},
): Promise<StoredTable | undefined> {
  const { facts, schema, table } = entry
  const itself = noted
    ? noted.find(({ oid }) => oid === facts.table)
    : await findTableByOid(client, facts.table ?? '0')
  if (itself && itself.schema !== ARCHIVE_SCHEMA) return itself
  const now = tableNow(lastName(entry), coming)
  if (!now) return undefined
  const named = await findTable(client, { schema, ...now })
  if (named) return named
  const oid = sighted?.get(`${schema}.${table}`)
  return oid === undefined ? undefined : findTableByOid(client, oid)
}

/** An entry, and the table that it goes into. */
export interface Target {
  readonly entry: ArchiveEntry
  readonly table: StoredTable
}

/** An entry without such a table. `lacks`: it is not there; else the archive does not write it. */
interface Homeless {
  readonly entry: ArchiveEntry
  readonly why: string
  readonly lacks: boolean
}

/** The tables that entries go into; of others why there is none. */
export async function findTargets(
  client: pg.ClientBase,
  entries: readonly ArchiveEntry[],
  finding: Finding,
): Promise<{ readonly targets: readonly Target[]; readonly homeless: readonly Homeless[] }> {
  const targets: Target[] = []
  const homeless: Homeless[] = []
  const ofTables = entries.filter(({ kind }) => kind !== 'sequence')
  const oids = new Set(ofTables.flatMap(({ facts }) => facts.table ?? []))
  const noted = await readTables(client, [...oids])
  const unwritten = new Map<string, string | undefined>()
  for (const entry of ofTables) {
    const table = await findTarget(client, entry, { ...finding, noted })
    if (table && !unwritten.has(table.oid))
      unwritten.set(table.oid, await whyUnwritten(client, table))
    const why = table ? unwritten.get(table.oid) : `there is no table ${nameTable(entry)}`
    if (table && why === undefined) targets.push({ entry, table })
    else homeless.push({ entry, why: why ?? '', lacks: !table })
  }
  return { targets, homeless }
}

/** The name that the table of an entry has where the migration is wholly done. */
function lastName({ schema, table, facts: { before } }: ArchiveEntry): Required<Name> {
  return { schema: before?.schema ?? schema, name: before?.table ?? table }
}

/**
 * The columns of an entry in a table, by the names that they have there now; '' for one that is not there. In the very
 * table a column that is still there has its number, and one that was made again a higher one than all had then: so
 * names that the migration has swapped lead nobody astray.
 */
export function columnsIn(
  entry: ArchiveEntry,
  table: StoredTable,
  coming: Coming = [],
): readonly string[] {
  const { columns, facts } = entry
  const { numbers = [], newest = 0, before, types = [] } = facts
  const isItself = facts.table === table.oid
  return columns.map((name, i) => {
    const fitting = table.columns.filter((column) => isReadable(types[i], column))
    const same = fitting.find(({ number }) => number === numbers[i])
    if (isItself && same) return same.name
    const mayBe = fitting.filter(({ number }) => !isItself || number > newest)
    const now = columnNow(lastName(entry), before?.columns[i] ?? name, coming)
    return mayBe.find((column) => column.name === now)?.name ?? ''
  })
}

/** False of a composite type whose attributes are others now, or in another order: a text of it means something else. */
function isReadable(type: string | undefined, { fullType, shape }: StoredColumn): boolean {
  return !type?.startsWith(`${fullType} (`) || type === `${fullType}${shape}`
}
