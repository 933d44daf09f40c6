import type { RunnableProject } from '../project/project.ts'
import type { DatabaseTarget } from './database-target.ts'

/** Reports the migrations of which something else runs than what their source says. */
export function reportEdited(
  { edited: migrations }: Pick<RunnableProject, 'edited'>,
  { onEvent }: Pick<DatabaseTarget, 'onEvent'>,
): void {
  if (migrations.length > 0) onEvent({ type: 'source-edited', migrations })
}
