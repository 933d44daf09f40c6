import type { Client } from 'pg'
import { readStatements } from '../../sql/read-statement.ts'
import { inRolledBackTransaction } from '../../session/transaction.ts'
import { lockTargets, meantBy } from '../lock-targets.ts'
import type { Said } from '../compare.ts'

/** As a plan says it before a run, and as the run waits for it. */
export async function say(client: Client, sql: string): Promise<Said> {
  const statements = await readStatements(sql, true)
  const targets = await inRolledBackTransaction(client, async () =>
    lockTargets(client, await meantBy(client, { settings: [], statements })),
  )
  return {
    deeds: new Map(targets.map(({ relation, mode, work }) => [relation, { mode, work }])),
    isOpaque: statements.some(({ hasUnknownLocks }) => hasUnknownLocks),
  }
}
