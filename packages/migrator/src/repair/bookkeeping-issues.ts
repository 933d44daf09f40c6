import type { DatabaseState } from '../database-state.ts'
import { maskSecrets } from '../errors/mask-secrets.ts'
import { readState } from '../journal/state.ts'
import { unrecorded } from '../plan/integrity.ts'
import type { Manifest } from '../project/manifest.ts'
import { chainOf } from '../project/chain-of.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { openSegments } from '../run/leftovers.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { journalIn } from '../journal/former-words.ts'

/**
 * A contradiction in ledger and journal that a person has to resolve:
 * - `in-doubt`: a statement was interrupted, and nothing proves whether it took effect.
 * - `edited`: the file differs from the text that was applied.
 * - `unrecorded`: the journal has the migration as applied, the ledger does not.
 * - `unknown`: the migration is applied, and this build has no file for it.
 */
export interface BookkeepingIssue {
  readonly kind: 'in-doubt' | 'edited' | 'unrecorded' | 'unknown'
  readonly migration: string
  /** When it was applied, according to the ledger. */
  readonly executedAt?: string
  /** Its last completion, according to the journal. */
  readonly by?: AppliedBy
  /** The interrupted statement. */
  readonly statement?: string
}

interface AppliedBy {
  readonly at: string
  readonly role: string
  readonly host: string | null
  readonly toolVersion: string | null
  readonly build: string | null
  readonly phase: string | null
  /** How many its `up` has, as it was applied last; 0 where it is code. */
  readonly statements: number
  /** True where the journal has the statements that revert it. */
  readonly isUndoKept: boolean
}

/**
 * Finds all issues. Takes no lock and changes nothing.
 * @example
 * const issues = await findBookkeepingIssues(project, target)
 */
export async function findBookkeepingIssues(
  project: Project,
  database: DatabaseTarget,
): Promise<readonly BookkeepingIssue[]> {
  const found = await openProject(project)
  return withConnection(database, async (client) => {
    const read = await readState(client, found.manifest.ledger, 'look')
    const { state, opened } = chainOf(found, read, 'up')
    const { manifest } = opened
    const inDoubt = openSegments(state).map(({ migration, statements }): BookkeepingIssue => ({
      kind: 'in-doubt',
      migration,
      ...(statements[0] && { statement: maskSecrets(statements[0].sql) }),
    }))
    const issues = [...findUnrecorded(manifest, state), ...findUnknownOrEdited(manifest, state)]
    if (!state.exists.journal) return [...inDoubt, ...issues]
    const { rows } = await client.query<AppliedBy & { migration: string }>(
      appliedByQuery(journalIn(state.exists)),
      [issues.map(({ migration }) => migration), state.ledgerTable],
    )
    // Of what another tool has recorded since, the journal is not about that.
    const told = rows.filter(({ migration }) => state.completed.get(migration)?.checksum !== null)
    const completions = new Map(told.map(({ migration, ...by }) => [migration, { by }]))
    return [...inDoubt, ...issues.map((one) => ({ ...one, ...completions.get(one.migration) }))]
  })
}

function findUnrecorded({ migrations }: Manifest, state: DatabaseState): BookkeepingIssue[] {
  return unrecorded(migrations, state).map(({ name }) => ({ kind: 'unrecorded', migration: name }))
}

function findUnknownOrEdited({ migrations }: Manifest, state: DatabaseState): BookkeepingIssue[] {
  const known = new Map(migrations.map((one) => [one.name, one]))
  return state.ledger.flatMap(({ name, executedAt }): BookkeepingIssue[] => {
    const file = known.get(name)
    if (!file) return [{ kind: 'unknown', migration: name, executedAt }]
    const last = state.completed.get(name)
    if (!last || last.checksum === null || last.checksum === file.checksum) return []
    return [{ kind: 'edited', migration: name, executedAt }]
  })
}

/** Limited to one ledger: several tenants may have migrations of the same name. */
function appliedByQuery(all: string): string {
  const journal = `(select * from ${all} where coalesce(ledger, $2) = $2)`
  return `
  with journal as ${journal}
  select distinct on (migration) migration, to_json(at)#>>'{}' as at, role, host, tool_version as "toolVersion", build,
         (select phase from journal p where p.migration = j.migration and phase is not null
           order by id desc limit 1) as phase,
         coalesce((select jsonb_array_length(s.definition->'up'->'statements') from journal s
           where s.migration = j.migration and s.direction = 'up' and s.definition is not null
           order by id desc limit 1), 0) as statements,
         exists (select from journal u where u.migration = j.migration
                    and u.definition->'down'->>'kind' = 'sql') as "isUndoKept"
    from journal j where final and migration = any($1) order by migration, id desc`
}
