import { MigratorError } from '../errors/index.ts'
import type { Migration } from '../migration.ts'
import { cutSegments } from '../plan/segments.ts'
import { readStatements } from '../sql/read-statement.ts'
import { databaseTarget } from '../session/database-target.ts'
import type { RunEvent } from '../events.ts'
import { ensureBookkeeping } from '../journal/bookkeeping.ts'
import { writerOf } from '../journal/journal.ts'
import { runMigration } from '../run/migration.ts'
import { recover } from '../run/recover.ts'
import { withSession, type Limits } from '../session/session.ts'
import { readState } from '../journal/state.ts'

export interface Ended {
  /** The error's code and words; undefined where it was applied. */
  readonly error: MigratorError | undefined
  readonly events: readonly RunEvent[]
  readonly milliseconds: number
}

/** Runs statements as a migration, as the engine does it, in this process. */
export async function runSql(
  url: string,
  sql: string,
  limits: Partial<Limits> = {},
  name = 'Migration1',
): Promise<Ended> {
  const events: RunEvent[] = []
  const database = databaseTarget(url, { limits, onEvent: (event) => events.push(event) })
  const migration = await migrationOf(name, sql)
  const segments = cutSegments(migration, 'up', [
    ...(migration.up.kind === 'sql' ? migration.up.statements : []).keys(),
  ])
  const started = performance.now()
  let error: MigratorError | undefined
  try {
    await withSession(database, async (session) => {
      const { client } = session
      const ledger = { table: 'mikro_orm_migrations' }
      await ensureBookkeeping(client, database.actor, ledger, await readState(client, ledger))
      const state = await readState(client, ledger)
      const actor = writerOf(database.actor, state)
      const { ledgerTable } = state
      const context = { session, actor, ledgerTable, onEvent: database.onEvent }
      await recover(state, context)
      await runMigration({ migration, segments, resumes: false }, 'up', context)
    })
  } catch (caught) {
    if (!(caught instanceof MigratorError)) throw caught
    error = caught
  }
  return { error, events, milliseconds: performance.now() - started }
}

async function migrationOf(name: string, sql: string): Promise<Migration> {
  return {
    name,
    phase: 'expand',
    transactional: true,
    up: { kind: 'sql', statements: await readStatements(sql, true) },
    down: { kind: 'none', reason: 'not needed here' },
    requires: [],
    ensures: [],
    downRequires: [],
    checksum: name,
  }
}
