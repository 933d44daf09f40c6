import type { ClientBase } from 'pg'
import type { KeptRow } from '../events.ts'
import type { DatabaseState } from '../database-state.ts'
import { JOURNAL, type Writer } from '../journal/journal.ts'
import { RENAMED_FORMAT } from '../journal/names.ts'
import { during } from '../session/during.ts'
import type { ReferenceRow } from '../project/reference-table.ts'

/** What was shipped last time, as the journal's entry of that run has it. */
export interface BaseTable {
  /** By which a table is found that was renamed since. */
  readonly oid: string
  readonly schema: string
  readonly table: string
  readonly key: readonly string[]
  readonly columns: Readonly<Record<string, { readonly attnum: number; readonly type: string }>>
  readonly rows: readonly BaseRow[]
}

export interface BaseRow {
  readonly shipped: ReferenceRow
  /** Where something else was stored than what was shipped: a trigger may have had a part in it. */
  readonly stored?: ReferenceRow
}

/** A row that was removed, as a whole. */
export interface RemovedRow {
  readonly table: string
  readonly row: ReferenceRow
}

/** What the journal keeps of a merge: the base of the next one, what was kept for a user, and what was removed. */
export interface ReferenceRecord {
  readonly tables: readonly BaseTable[]
  readonly kept: readonly KeptRow[]
  readonly removed: readonly RemovedRow[]
}

/** Undefined where nothing was merged in the life of this ledger. On the migrator's side. */
export async function readBase(
  client: ClientBase,
  { ledger }: Pick<Writer, 'ledger'>,
): Promise<readonly BaseTable[] | undefined> {
  return readRecord(client, ledger, 'tables')
}

/** What the last merge kept for users; a journal of an older format knows none. */
export async function readKeptRows(
  client: ClientBase,
  { exists, ledgerTable }: Pick<DatabaseState, 'exists' | 'ledgerTable'>,
): Promise<readonly KeptRow[] | undefined> {
  return exists.format < RENAMED_FORMAT ? undefined : readRecord(client, ledgerTable, 'kept')
}

async function readRecord<Part extends keyof ReferenceRecord>(
  client: ClientBase,
  ledger: string,
  part: Part,
): Promise<ReferenceRecord[Part] | undefined> {
  const read = () =>
    client.query<{ part: ReferenceRecord[Part] }>(
      `select facts->'reference'->$2 as part from ${JOURNAL}
        where event = 'seeded' and ledger = $1 and facts ? 'reference'
          and id > coalesce((select max(id) from ${JOURNAL} where event = 'ledger-dropped' and ledger = $1), 0)
        order by id desc limit 1`,
      [ledger, part],
    )
  return (await during({ doing: 'reading the journal', bookkeeping: JOURNAL }, read)).rows[0]?.part
}

/** A table of the base by its present names: columns that were renamed have new ones, and those that are gone are left out. */
export function withNewNames(base: BaseTable, renames: ReadonlyMap<string, string>): BaseTable {
  const rename = <Value>(values: Readonly<Record<string, Value>>) =>
    Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) => {
        const renamed = renames.get(name)
        return renamed === undefined ? [] : [[renamed, value] as const]
      }),
    )
  return {
    ...base,
    key: base.key.flatMap((name) => renames.get(name) ?? []),
    columns: rename(base.columns),
    rows: base.rows.map(({ shipped, stored }) => ({
      shipped: rename(shipped),
      ...(stored && { stored: rename(stored) }),
    })),
  }
}
