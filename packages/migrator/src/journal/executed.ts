import { openProject } from '../project/open.ts'
import { type Project } from '../project/project.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
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
  database: DatabaseTarget,
): Promise<ExecutedMigration[]> {
  const ledger = project.ledger ?? (await openProject(project)).manifest.ledger
  return withConnection(database, async (client) => {
    const { ledgerTable, exists } = await readState(client, ledger)
    if (!exists.ledger) return []
    const { rows } = await client.query<ExecutedMigration>(
      `select id, name, to_json(executed_at)#>>'{}' as executed_at from ${ledgerTable} order by id`,
    )
    return rows.map((row) => ({ ...row, executed_at: new Date(row.executed_at) }))
  })
}
