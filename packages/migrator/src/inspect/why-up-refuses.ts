import type { DatabaseState } from '../database-state.ts'
import { failure, type MigratorError } from '../errors/index.ts'
import { findHole } from '../project/overtaking.ts'
import type { OpenProject, Project } from '../project/project.ts'

/** Why a run up would refuse whatever is pending: ADOPTION_UNFINISHED, OUT_OF_ORDER. Who looks is not sent to `up` then. */
export async function whyUpRefuses(
  project: Project,
  opened: OpenProject,
  applied: ReadonlySet<string>,
  { adopting }: Pick<DatabaseState, 'adopting'>,
): Promise<MigratorError | undefined> {
  return adopting ? failure('ADOPTION_UNFINISHED') : findHole(project, opened, applied)
}
