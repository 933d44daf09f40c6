import type pg from 'pg'
import type { Replacing } from './conversions.ts'
import { countTableLoss } from './count.ts'
import type { Entries, EntriesContext } from './entries.ts'
import type { Evidence } from './evidence.ts'
import { findCondition } from './foresee.ts'
import type { TakenAway } from './inventory.ts'
import { isNamed } from './unarchivable.ts'
import { findPrepared, takePrepared } from './prepared-copy.ts'
import { discard } from './record.ts'
import { ensureArchive, inArchive, nextEntryId } from './schema.ts'
import type { Kept } from './statement-kinds.ts'
import { holdsNothing, requireReadable } from './strangers.ts'
import {
  findTable,
  findTableByOid,
  hasContent,
  type StoredColumn,
  type StoredTable,
} from './tables.ts'
import { findTableLosses } from './find-table-losses.ts'
import { withExactText } from './text.ts'
import { seenByOwner } from './triggers.ts'
import { copyValues } from './values.ts'

interface CopyOptions {
  /** The rows concerned; absent: all. */
  readonly where?: string
  readonly isConversion?: boolean
  /** The column that takes the place of the one that goes. */
  readonly by?: string | undefined
}

/** Copies the values of columns that go, or get another type: once each, for a statement. */
export class ColumnCopier {
  readonly #client: pg.ClientBase
  readonly #context: EntriesContext
  readonly #entries: Entries
  readonly #evidence: Evidence
  /** `oid.number` of what is copied. */
  readonly #copied = new Set<string>()

  constructor(
    client: pg.ClientBase,
    context: EntriesContext,
    entries: Entries,
    evidence: Evidence,
  ) {
    this.#client = client
    this.#context = context
    this.#entries = entries
    this.#evidence = evidence
  }

  /** What an earlier statement took has other values now, or none that it lost. */
  beginStatement(): void {
    this.#copied.clear()
  }

  /** Those of these columns that are not copied yet. */
  uncopied(columns: TakenAway['columns']): TakenAway['columns'] {
    const left = [...columns].map(([oid, numbers]) => {
      return [oid, numbers.filter((number) => !this.#copied.has(`${oid}.${number}`))] as const
    })
    return new Map(left.filter(([, numbers]) => numbers.length > 0))
  }

  /** Copies columns before they go. */
  async copy(oid: string, numbers: readonly number[], copy: CopyOptions = {}): Promise<void> {
    const client = this.#client
    const table = await findTableByOid(client, oid)
    const columns = (table?.columns ?? []).filter(
      ({ number, isGenerated }) => numbers.includes(number) && !isGenerated,
    )
    for (const number of numbers) this.#copied.add(`${oid}.${number}`)
    if (!table || columns.length === 0) return
    const lost = columns.filter(({ name }) => isNamed(this.#context.lose, table, name))
    for (const { name } of lost) await discard(client, this.#context, table, name)
    const kept = columns.filter((column) => !lost.includes(column))
    if (kept.length > 0) await seenByOwner(client, table, () => this.#copyKept(table, kept, copy))
  }

  async #copyKept(
    table: StoredTable,
    kept: readonly StoredColumn[],
    { where, by, isConversion = false }: CopyOptions,
  ): Promise<void> {
    const client = this.#client
    if (await holdsNothing(client, table)) return
    await requireReadable(client, table)
    await client.query(`lock table ${table.sql} in share row exclusive mode`)
    const prepared = await takePrepared(client, this.#context, table, kept)
    if (!(prepared ? prepared.isFilled : await hasContent(client, table, kept))) return
    await ensureArchive(client)
    await this.#evidence.mark(table.oid)
    const columns = kept.map(({ name }) => name)
    const types = kept.map(({ fullType, shape }) => `${fullType}${shape}`)
    const values = { columns, types, by, isConversion }
    if (prepared) {
      await this.#entries.keepValues(prepared.id, table, { ...values, ...prepared })
      return
    }
    const id = await nextEntryId(client)
    const relation = inArchive(`e${id}`)
    const { key } = await withExactText(client, () =>
      copyValues(client, { relation, table, columns }, where),
    )
    await this.#entries.keepValues(id, table, { ...values, key })
  }

  /**
   * A conversion is never tried first: it would run its USING and its rewrite twice. On the way back all values
   * are kept, since the way up may convert in another way; on the way up, and where another column has the values, those
   * that the old type cannot be restored from.
   */
  async copyConverted(statement: Kept, drop: Replacing): Promise<void> {
    const client = this.#client
    const table = await findTable(client, drop.table)
    const column = table?.columns.find(({ name }) => name === drop.column)
    if (!table || !column) return
    if (await findPrepared(client, this.#context, { table, columns: [column] }))
      return this.copy(table.oid, [column.number], { isConversion: true, by: drop.by })
    const isBack = this.#context.direction === 'down' && drop.by === undefined
    const { tableLosses } = await findTableLosses(client, {
      sql: statement.sql,
      dataLosses: [drop],
    })
    const [tableLoss] = tableLosses
    const found = tableLoss && (await countTableLoss(client, tableLoss))
    const isLossy = !found || found.counts.some(({ count }) => count > 0)
    if (!isLossy && (!isBack || table.bytes > this.#context.limit)) {
      this.#copied.add(`${table.oid}.${column.number}`)
      return
    }
    const where = isBack || !found ? undefined : await findCondition(client, found.tableLoss)
    await this.copy(table.oid, [column.number], {
      isConversion: true,
      by: drop.by,
      ...(where !== undefined && { where }),
    })
  }
}
