import { openProject } from '../project/open.ts'
import { findName } from '../plan/targets.ts'
import type { Project } from '../project/project.ts'

/**
 * The name that was typed, or of which a unique prefix was: one of the project's, or of `others`, of which it may have no
 * file. Throws TARGET_UNKNOWN.
 */
export async function findMigration(
  project: Project,
  typed: string,
  others: readonly string[] = [],
): Promise<string> {
  const { manifest } = await openProject(project)
  const names = [...manifest.migrations.map((one) => one.name), ...others]
  return findName(typed, [...new Set(names)])
}
