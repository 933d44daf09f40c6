import { toIdentity } from '../catalog/index.ts'
import type { LedgerName } from '../database-state.ts'
import { fillTables } from '../rows/fill-tables.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'

/** How rows are made. */
export interface FillRequest {
  readonly seed: number
  readonly rowsPerTable: number
}

/** Why tables have no rows, by their names. */
export type Unfilled = ReadonlyMap<string, string>

/** Puts rows into all tables; returns those that stay without. */
export async function fill(
  database: DatabaseTarget,
  { seed, rowsPerTable, ledger }: FillRequest & { readonly ledger: LedgerName },
): Promise<Unfilled> {
  const filled = await withConnection(database, (client) =>
    fillTables(client, { seed, rowsPerTable, ledger }),
  )
  return new Map(
    filled.flatMap(({ table: { schema, name }, rows, unproved }) =>
      rows === 0 && unproved !== undefined ? [[toIdentity(schema, name), unproved]] : [],
    ),
  )
}
