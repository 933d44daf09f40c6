import { openProject } from '../project/open.ts'
import type { JournalEvent } from '../database-state.ts'
import { type Project } from '../project/project.ts'
import { withConnection } from '../session/connect.ts'
import { journalIn } from '../journal/former-words.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { readState } from '../journal/state.ts'

/** A row of the journal, as `history` shows it. Times are ISO 8601, durations milliseconds. */
export interface HistoryEntry {
  readonly id: string
  readonly at: string
  readonly event: JournalEvent
  readonly migration: string | null
  readonly direction: 'up' | 'down' | null
  readonly segment: number | null
  readonly segments: number | null
  readonly durationMs: number | null
  readonly lockWaitMs: number | null
  readonly attempts: number | null
  readonly rows: string | null
  readonly role: string
  readonly host: string | null
  readonly toolVersion: string | null
  readonly build: string | null
  readonly note: string | null
  /** Of the beginning of a migration: which rules of lint it allows, and why. */
  readonly allow: Readonly<Record<string, string>> | null
}

/**
 * Reads the whole journal, oldest first. Empty where the migrator has not been here yet.
 * @example
 * for (const { at, event, migration } of await history(project, target)) console.log(at, event, migration)
 */
export async function history(project: Project, database: DatabaseTarget): Promise<HistoryEntry[]> {
  const { manifest } = await openProject(project)
  return withConnection(database, async (client) => {
    const state = await readState(client, manifest.ledger, 'look')
    if (!state.exists.journal) return []
    const { rows } = await client.query<HistoryEntry>(
      `select id::text, to_json(at)#>>'{}' as at, event, migration, direction, segment, segments,
              duration_ms as "durationMs", lock_wait_ms as "lockWaitMs", attempts, rows::text,
              role, host, tool_version as "toolVersion", build, note, definition->'allow' as allow
         from ${journalIn(state.exists)} order by journal.id`,
    )
    return rows
  })
}
