import { readGate, readHistory, revision } from '@techfacts/db'
import { sql } from 'kysely'
import type { Session } from '../database.ts'
import type { SchemaView } from '../schemas/schema-state.ts'

/** What the service's role may know of the schema: what its build needs, and what was done to the database. */
export async function readSchemaState(session: Session): Promise<SchemaView> {
  const query = async (text: string) => (await sql.raw(text).execute(session)).rows
  const gate = await readGate(query)
  const { applied, pending, waiting, backfills, driftAllowedAt } = await readHistory(query)
  return {
    revision,
    gate: { state: gate.state, is_open: gate.isOpen, reason: gate.reason },
    applied:
      applied?.map(({ name, phase, appliedAt, durationMs }) => ({
        name,
        phase,
        applied_at: appliedAt,
        duration_ms: durationMs,
      })) ?? null,
    pending: [...pending],
    waiting: waiting.map(({ name, neededBy }) => ({ name, needed_by: [...neededBy] })),
    backfills:
      backfills?.map(({ beganAt, changedAt, ...one }) => ({
        ...one,
        began_at: beganAt,
        changed_at: changedAt,
      })) ?? null,
    drift_allowed_at: driftAllowedAt,
  }
}
