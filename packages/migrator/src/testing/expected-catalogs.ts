import { createTestDatabase } from '@techfacts/postgres/testing'
import type { Project } from '../project/project.ts'
import { recordCatalogs } from '../scratch/record-catalogs.ts'
import { databaseTarget } from '../session/database-target.ts'

/** Records what each migration changes in the schema, as `hash` does. */
export async function recordExpectedCatalogs(project: Project): Promise<void> {
  await using server = await createTestDatabase()
  const { stopped } = await recordCatalogs(project, (work) => work(databaseTarget(server.url)))
  if (stopped) throw new Error(`${stopped.name} does not run: ${stopped.reason}`)
}
