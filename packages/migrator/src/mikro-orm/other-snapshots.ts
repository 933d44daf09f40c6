import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { failure } from '../errors/index.ts'
import type { OpenMigrator } from './stock-migrator.ts'

/**
 * MikroORM names its snapshot after the database. With a snapshot of another database only, it would compare with
 * nothing and create everything again. Throws SNAPSHOT_OF_ANOTHER.
 */
export async function refuseOtherSnapshots(migrator: OpenMigrator): Promise<void> {
  if (!migrator.options.snapshot) return
  const path = await migrator.getSnapshotPath()
  if (existsSync(path)) return
  const folder = dirname(path)
  const files = await readdir(folder).catch(() => [])
  const found = files.filter((file) => /^\.snapshot.*\.json$/.test(file)).toSorted()
  if (found[0] === undefined) return
  const name = basename(found[0], '.json')
  throw failure('SNAPSHOT_OF_ANOTHER', { folder, found, wanted: basename(path), name })
}
