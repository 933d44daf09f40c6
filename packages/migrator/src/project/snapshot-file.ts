import { readFile } from 'node:fs/promises'
import { CatalogError, parseCatalog, type Catalog } from '../catalog/index.ts'
import { failure } from '../errors/index.ts'

/** Reads a committed snapshot of a schema. Throws SNAPSHOT_UNREADABLE. */
export async function readSnapshotFile(path: string): Promise<Catalog> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw failure('SNAPSHOT_UNREADABLE', { path, reason: 'there is no such file' }, error)
  })
  try {
    return parseCatalog(text)
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error
    throw failure('SNAPSHOT_UNREADABLE', { path, reason: error.message }, error)
  }
}
