import type { Client } from 'pg'
import { readStatements } from '../../sql/read-statement.ts'
import { inRolledBackTransaction } from '../../session/transaction.ts'
import { lockTargets, meantBy } from '../lock-targets.ts'
import type { Deeds } from './deeds.ts'

/** What the engine says of a text: of each relation its lock and the work under it. */
export interface Said {
  readonly deeds: Deeds
  /** True where it says that the text does not tell all. */
  readonly isOpaque: boolean
}

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
