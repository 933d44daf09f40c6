import { createTestDatabase } from '@techfacts/postgres/testing'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { serializeCatalog } from '../catalog/index.ts'
import { expectedCatalogPath } from '../project/expected-catalog.ts'
import type { Project } from '../project/project.ts'
import { run } from '../run/index.ts'
import { databaseTarget } from '../session/database-target.ts'
import { readSchema } from './database.ts'

/** Writes the expected catalog after each migration, as a project commits it. */
export async function writeExpectedCatalogs(
  project: Project,
  names: readonly string[],
): Promise<void> {
  await using model = await createTestDatabase()
  for (const target of names) {
    await run(project, databaseTarget(model.url), { direction: 'up', target })
    const path = expectedCatalogPath(project, target)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, serializeCatalog(await readSchema(model.url)))
  }
}
