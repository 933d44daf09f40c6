import { toIdentity } from '../catalog/index.ts'
import { isLedger, type LedgerName } from '../database-state.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { quoteName } from '../sql/quote-name.ts'
import { IS_OURS } from './row-snapshot.ts'

/** The tables that have rows, by oid with their names; partitions count for the table that they are parts of. */
export async function findFilledTables(
  database: DatabaseTarget,
  ledger: LedgerName,
): Promise<ReadonlyMap<string, string>> {
  return withConnection(database, async (client) => {
    const { rows: tables } = await client.query<{ oid: string; schema: string; name: string }>(
      `select c.oid::text, n.nspname as schema, c.relname as name
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and not c.relispartition and ${IS_OURS} order by 2, 3`,
    )
    const filled = new Map<string, string>()
    for (const { oid, schema, name } of tables) {
      if (isLedger(ledger, { schema, name })) continue
      const { rows } = await client.query(`select from ${quoteName(name, schema)} limit 1`)
      if (rows.length > 0) filled.set(oid, toIdentity(schema, name))
    }
    return filled
  })
}
