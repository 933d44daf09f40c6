import type { Client } from 'pg'
import type { DatabaseState } from '../database-state.ts'
import type { ManifestEntry } from '../project/manifest.ts'
import type { OpenProject, Project } from '../project/project.ts'
import { withRunnable } from '../project/runnable.ts'
import { foreseeWaiting, isUnused, type WaitingStep } from '../run/waiting-steps.ts'

/**
 * The contract steps that a run would leave waiting; none where it is not known what is applied. Only where something is
 * pending the migrations are read.
 */
export async function readWaiting(
  client: Client,
  project: Project,
  opened: OpenProject,
  {
    applied,
    state,
  }: { readonly applied: Iterable<string> | undefined; readonly state: DatabaseState },
): Promise<readonly WaitingStep[]> {
  const { manifest } = opened
  if (!applied) return []
  const done = new Set(applied)
  const pending = manifest.migrations.filter(({ name }) => !done.has(name))
  if (isUnused(state, project) || !pending.some(mayContract)) return []
  const names = pending.map(({ name }) => name)
  return withRunnable(project, opened, async (loaded) => {
    const place = { project, manifest }
    return (await foreseeWaiting(client, loaded, place, { names, state })).waiting
  })
}

function mayContract({ phase, contracts }: ManifestEntry): boolean {
  return phase === 'contract' || contracts === true
}
