import { openProject } from '../project/open.ts'
import { maskSecrets } from '../errors/mask-secrets.ts'
import { unrecorded } from '../plan/integrity.ts'
import { type Project } from '../project/project.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { journalIn } from '../journal/former-words.ts'
import { openSegments } from '../run/recover.ts'
import { readState } from '../journal/state.ts'

/**
 * What of the bookkeeping needs a person:
 * - `in-doubt`: a statement was interrupted, and its end nobody saw.
 * - `edited`: the text that was applied is another.
 * - `unrecorded`: the journal has it as applied, and the ledger not.
 * - `unknown`: it is applied, and this build has no file of it.
 */
export interface BookkeepingIssue {
  readonly kind: 'in-doubt' | 'edited' | 'unrecorded' | 'unknown'
  readonly migration: string
  /** As the ledger has it. */
  readonly executedAt?: string
  /** What the journal says of its last completion. */
  readonly by?: AppliedBy
  /** The statement that is in doubt. */
  readonly statement?: string
}

export interface AppliedBy {
  readonly at: string
  readonly role: string
  readonly host: string | null
  readonly toolVersion: string | null
  readonly build: string | null
  readonly phase: string | null
  readonly statements: number
  /** True where the journal keeps what would undo it. */
  readonly isUndoKept: boolean
}

/** Finds what `repair` is for. Takes no lock and changes nothing. */
export async function diagnose(
  project: Project,
  connection: DatabaseTarget,
): Promise<readonly BookkeepingIssue[]> {
  const { manifest } = await openProject(project)
  return withConnection(connection, async (client) => {
    const state = await readState(client, manifest.ledger)
    const known = new Map(manifest.migrations.map((one) => [one.name, one]))
    const doubtful = openSegments(state).map(({ migration, statements }): BookkeepingIssue => ({
      kind: 'in-doubt',
      migration,
      ...(statements[0] && { statement: maskSecrets(statements[0].sql) }),
    }))
    const lost = unrecorded(manifest.migrations, state).map(({ name }): BookkeepingIssue => ({
      kind: 'unrecorded',
      migration: name,
    }))
    const recorded = state.ledger.flatMap(({ name, executedAt }): BookkeepingIssue[] => {
      const file = known.get(name)
      if (!file) return [{ kind: 'unknown', migration: name, executedAt }]
      const last = state.completed.get(name)
      if (!last || last.checksum === null || last.checksum === file.checksum) return []
      return [{ kind: 'edited', migration: name, executedAt }]
    })
    const ailing = [...lost, ...recorded]
    if (!state.exists.journal) return [...doubtful, ...ailing]
    const { rows } = await client.query<AppliedBy & { migration: string }>(
      appliedBy(journalIn(state.exists)),
      [ailing.map(({ migration }) => migration), state.ledgerTable],
    )
    const completions = new Map(rows.map(({ migration, ...by }) => [migration, { by }]))
    return [...doubtful, ...ailing.map((one) => ({ ...one, ...completions.get(one.migration) }))]
  })
}

/** Tenants' ledgers have migrations of the same names. */
function appliedBy(all: string): string {
  const journal = `(select * from ${all} where coalesce(ledger, $2) = $2)`
  return `
  with journal as ${journal}
  select distinct on (migration) migration, to_json(at)#>>'{}' as at, role, host, tool_version as "toolVersion", build,
         (select phase from journal p where p.migration = j.migration and phase is not null
           order by id desc limit 1) as phase,
         (select coalesce(sum(jsonb_array_length(statements)), 0)::integer from journal s
           where s.migration = j.migration and s.event in ('started', 'repaired') and s.direction = 'up') as statements,
         exists (select from journal u where u.migration = j.migration
                    and u.definition->'down'->>'kind' = 'sql') as "isUndoKept"
    from journal j where final and migration = any($1) order by migration, id desc`
}
