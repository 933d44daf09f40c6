import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CatalogError, parseCatalog, type Catalog } from '../catalog/index.ts'
import { failure } from '../errors/index.ts'
import type { Project } from './project.ts'

/** Where a project may keep the schema that is expected after a migration. */
export function expectedCatalogPath({ manifestPath }: Project, migration: string): string {
  return join(dirname(manifestPath), 'catalogs', `${migration}.jsonl`)
}

/**
 * Reads a committed snapshot of a schema; undefined where there is no such file.
 * Throws SNAPSHOT_UNREADABLE.
 */
export async function readSnapshotFile(path: string): Promise<Catalog | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return parseCatalog(text)
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error
    throw failure('SNAPSHOT_UNREADABLE', { path, reason: error.message }, error)
  }
}
