import type pg from 'pg'
import { failure } from '../errors/index.ts'
import type { Name } from '../migration.ts'
import { refuseUnconfirmed } from './confirmed.ts'
import { endCapture, type Capture } from './capture.ts'
import { newestWriter } from './versions.ts'
import { addRanks, type Evidence } from './evidence.ts'
import { stampAsHeld, stampAsMoved } from './held.ts'
import type { NamesBefore } from '../known/names-before.ts'
import { copyDeleted, netChanges, type NetChanges } from './net-changes.ts'
import { keptWithin, readSize, tooLarge } from './unarchivable.ts'
import { readReferences } from './references.ts'
import { leaveKeptWhole } from './rewrites.ts'
import { recordArchived, type ArchiveRun } from './record.ts'
import {
  ensureArchive,
  inArchive,
  nextEntryId,
  type ArchiveEntry,
  type EntryFacts,
} from './schema.ts'
import type { Sequence } from './sequences.ts'
import { holdsNothing } from './strangers.ts'
import {
  countRows,
  findTableByOid,
  findNumber,
  readWholes,
  readWholeTables,
  type StoredTable,
  type WholeTable,
} from './tables.ts'
import { fileAt, withExactText } from './text.ts'
import { copyOverwritten } from './values.ts'

export interface EntriesContext extends ArchiveRun {
  /** What was confirmed: `announceLosses` has the keys. Undefined: whatever happens. */
  readonly confirmed?: ReadonlyMap<string, number> | undefined
}

interface Values {
  readonly key: readonly string[]
  readonly columns: readonly string[]
  /** The full types of columns that go, or get another type. */
  readonly types?: readonly string[]
  readonly isConversion?: boolean
  /** The column that has the values from now on, in place of one that goes. */
  readonly by?: string | undefined
  /** The newest transaction that wrote one of the rows; absent: the stamps of the copy tell. */
  readonly written?: string | undefined
  /** Of a copy that was made before the segment: how many rows it has, and of how many that was read again. */
  readonly rows?: number
  readonly reread?: number
  /** The table when its columns had these names; a statement may have renamed them since. */
  readonly named?: StoredTable
}

interface Rows {
  readonly id: string
  readonly kind: 'table' | 'rows'
  readonly relations: readonly string[]
  /** Nothing was left in the table. */
  readonly isWhole: boolean
  readonly written?: string | undefined
  /** Of `rows`: the numbers of the columns that they have. */
  readonly numbers?: readonly number[]
  readonly rowTypes?: Readonly<Record<string, string>>
}

/** Writes the entries of a segment. Throws NOT_KEPT above the limit, LOSSES_EXCEEDED above what was confirmed. */
export class Entries {
  readonly #client: pg.ClientBase
  readonly #context: EntriesContext
  readonly #evidence: Evidence
  readonly #names: NamesBefore
  /** As the segment found them: it may detach a partition before it drops it. */
  #wholes: ReadonlyMap<string, readonly WholeTable[]> | undefined

  constructor(
    client: pg.ClientBase,
    context: EntriesContext,
    evidence: Evidence,
    names: NamesBefore,
  ) {
    this.#client = client
    this.#context = context
    this.#evidence = evidence
    this.#names = names
  }

  async watchWholes(): Promise<void> {
    this.#wholes ??= await readWholes(this.#client)
  }

  /**
   * Ends a capture, and keeps what it has seen. `newest`: the number of the column that was made last when the segment
   * began: what the segment itself has made holds nothing of anybody's. `ofRestored`: only what was restored is kept.
   * Returns the entries.
   */
  async settle(
    capture: Capture,
    { newest = Number.POSITIVE_INFINITY, ofRestored = false },
  ): Promise<readonly ArchiveEntry[]> {
    const client = this.#client
    const { table } = capture
    const isOld = (name: string) =>
      table.columns.some((column) => column.name === name && column.number <= newest)
    await endCapture(client, capture)
    await leaveKeptWhole(client, capture, this.#evidence.markedOf(table.oid))
    const net = await netChanges(client, capture, ofRestored)
    // Under the name that it has now: a statement may have renamed it since.
    const found = await findTableByOid(client, table.oid)
    const now = found ?? table
    const overwritten = net.columns.filter(isOld)
    const waiting = this.#evidence.markedOf(table.oid)
    // First, so that the keys which other rows have had since are free again when these come back.
    const deleted = net.deleted > 0 ? [await this.#keepDeleted(net, capture, now, !found)] : []
    const values =
      overwritten.length > 0
        ? await this.#keepOverwritten(capture, { ...net, columns: overwritten }, now)
        : undefined
    // What the segment made itself was no key of anybody's.
    const hasKeys = net.key.every((name) => !net.columns.includes(name) || isOld(name))
    for (const other of waiting)
      await stampAsMoved(client, other, table, hasKeys ? values : undefined)
    const kept = values ? [...deleted, values] : deleted
    await client.query(`drop table ${net.relation}`)
    return kept
  }

  async #keepOverwritten(
    capture: Capture,
    net: NetChanges,
    table: StoredTable,
  ): Promise<ArchiveEntry> {
    const client = this.#client
    const id = await nextEntryId(client)
    const target = { relation: inArchive(`e${id}`), table }
    await withExactText(client, () => copyOverwritten(client, net, capture, target))
    return this.keepValues(id, table, { ...net, named: capture.table })
  }

  async #keepDeleted(
    net: NetChanges,
    { table: captured, columns }: Capture,
    table: StoredTable,
    isGone: boolean,
  ): Promise<ArchiveEntry> {
    const client = this.#client
    const id = await nextEntryId(client)
    await copyDeleted(client, net, columns, inArchive(`e${id}`))
    const isWhole = isGone || (await holdsNothing(client, table))
    const numbers = columns.map((name) => findNumber(captured, name) ?? 0)
    const rowTypes = Object.fromEntries(captured.columns.map(({ name, type }) => [name, type]))
    return this.keepRows(table, {
      id,
      kind: 'rows',
      relations: [`e${id}`],
      isWhole,
      written: net.written,
      numbers,
      rowTypes,
    })
  }

  async keepValues(
    id: string,
    table: StoredTable,
    { key, columns, types, by, isConversion = false, ...given }: Values,
  ): Promise<ArchiveEntry> {
    const client = this.#client
    const { limit } = this.#context
    const relation = inArchive(`e${id}`)
    const objects = columns.map((column) => `${table.label}.${column}`)
    await (types
      ? keptWithin(client, limit, relation, objects)
      : this.#keepRowsWithin(relation, objects))
    await addEvidence(client, relation, key)
    const { rows = await countRows(client, relation), reread, named = table } = given
    const written = given.written ?? (await newestWriter(client, relation, 'stamp'))
    const references = await readReferences(client, table.oid, columns)
    const facts = {
      numbers: columns.map((name) => findNumber(named, by ?? name) ?? 0),
      newest: table.newest,
      keyNumbers: key.map((name) => findNumber(named, name) ?? 0),
      ...this.#before(table, columns, await readWholeTables(client, table.wholes)),
      ...(written !== undefined && { written }),
      ...(types && { types }),
      ...(references.length > 0 && { references }),
    }
    if (!isConversion) await this.#confirm(table, columns, rows)
    const entry = await recordArchived(client, this.#context, table, {
      id,
      kind: 'values',
      relations: [`e${id}`],
      rows,
      columns,
      key,
      facts,
      ...(reread !== undefined && { reread }),
    })
    await this.#evidence.add(entry, types !== undefined)
    return entry
  }

  async keepRows(
    table: StoredTable,
    { id, kind, relations, isWhole, written, numbers, rowTypes }: Rows,
  ): Promise<ArchiveEntry> {
    const client = this.#client
    const relation = inArchive(relations[0] ?? '')
    if (kind === 'rows') await this.#keepRowsWithin(relation, [table.label])
    const rows = await countRows(client, relation)
    await this.#confirm(table, [], rows)
    const entry = await recordArchived(client, this.#context, table, {
      id,
      kind,
      relations,
      rows,
      facts: {
        isWhole,
        ...(written !== undefined && { written }),
        ...(numbers && { numbers, rowTypes }),
        ...this.#before(table),
      },
    })
    const holder = { id, relation: relations[0] ?? '', isTable: kind === 'table' }
    for (const values of this.#evidence.markedOf(table.oid))
      await stampAsHeld(client, values, table, holder)
    await this.#evidence.add(entry)
    return entry
  }

  async keepSequence({ schema, name, last, isCalled, column, own }: Sequence): Promise<void> {
    const client = this.#client
    await ensureArchive(client)
    const id = await nextEntryId(client)
    const served = { ...(column !== undefined && { column }), ...(own !== undefined && { own }) }
    const sequence = { last, isCalled, ...served }
    const before = this.#namesBefore({ schema, name }, column === undefined ? [] : [column])
    const facts = { sequence, ...before }
    const kept = { id, kind: 'sequence', relations: [], rows: 1, facts } as const
    await this.#evidence.add(await recordArchived(client, this.#context, { schema, name }, kept))
  }

  /** Throws NOT_KEPT; on the way up KEEP_EXCEEDED, since the migration itself says how much is kept. */
  async #keepRowsWithin(relation: string, objects: readonly string[]): Promise<void> {
    const { keepRows, limit, migration: name } = this.#context
    if (keepRows === undefined) return keptWithin(this.#client, limit, relation, objects)
    const bytes = await readSize(this.#client, relation)
    if (bytes <= keepRows) return
    throw failure('KEEP_EXCEEDED', { name, objects, reason: tooLarge(bytes, keepRows) })
  }

  /** Throws LOSSES_EXCEEDED. What a conversion changes was counted by its text, and is kept in any case. */
  async #confirm(table: StoredTable, columns: readonly string[], rows: number): Promise<void> {
    const wholes = this.#wholes?.get(table.oid) ?? []
    await refuseUnconfirmed(this.#client, this.#context, { table, columns, rows, wholes })
  }

  /** Nothing where the migration has renamed none of them. */
  #namesBefore(
    table: Required<Name>,
    columns: readonly string[],
    parents: readonly StoredTable[] = [],
  ): Pick<EntryFacts, 'before'> {
    const { schema, name } = this.#names.table(table)
    const at = columns.map((column) => this.#names.column(table, column, parents))
    const isSame =
      name === table.name &&
      schema === table.schema &&
      at.every((column, i) => column === columns[i])
    return isSame
      ? {}
      : { before: { ...(schema !== undefined && { schema }), table: name, columns: at } }
  }

  /** Names before the migration renamed them itself, and the tables that it is a part of. */
  #before(
    table: StoredTable,
    columns: readonly string[] = [],
    parents: readonly StoredTable[] = [],
  ): Pick<EntryFacts, 'before' | 'wholes' | 'collations'> {
    const wholes = table.wholes.length > 0 ? table.wholes : this.#wholes?.get(table.oid)
    const collations = collationsOf(table)
    return {
      ...this.#namesBefore(table, columns, parents),
      ...(wholes && { wholes }),
      ...(collations && { collations }),
    }
  }
}

/** Nobody else has written these rows since: the version that they have at the end is the evidence. */
async function addEvidence(
  client: pg.ClientBase,
  relation: string,
  key: readonly string[],
): Promise<void> {
  await client.query(`alter table ${relation} add column fresh boolean not null default true`)
  if (key.length > 0) return
  await addRanks(client, relation)
  await client.query(`update ${relation} a set file = ${fileAt('a.place')}`)
}

/** By them the rows that are purged are found. */
function collationsOf({ columns }: StoredTable): EntryFacts['collations'] {
  const found = columns.flatMap(({ name, collation }) =>
    collation === null ? [] : [[name, collation]],
  )
  return found.length > 0 ? Object.fromEntries(found) : undefined
}
