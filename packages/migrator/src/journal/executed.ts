import { openLocked } from "../project/open.ts";
import { type Project } from '../project/project.ts'
import { withConnection } from '../session/connect.ts'
import type { Connection } from '../session/connection.ts'
import { readState } from './state.ts'

/** A row of MikroORM's ledger, as it is. */
export interface ExecutedMigration {
  readonly id: number
  readonly name: string
  readonly executed_at: Date
}

/** Reads the ledger, in the order in which it was written. Empty where there is none. */
export async function readExecuted(
  project: Project,
  connection: Connection,
): Promise<ExecutedMigration[]> {
  const ledger = project.ledger ?? (await openLocked(project)).lock.ledger
  return withConnection(connection, async (client) => {
    const { ledgerTable, exists } = await readState(client, ledger)
    if (!exists.ledger) return []
    const { rows } = await client.query<ExecutedMigration>(
      `select id, name, executed_at from ${ledgerTable} order by id`,
    )
    return rows
  })
}
