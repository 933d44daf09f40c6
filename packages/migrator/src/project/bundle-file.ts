import { join } from 'node:path'
import { readText } from '../compiled/json-file.ts'

/** Next to the manifest of a project that was built into a bundle. */
export const BUNDLE_NAME = 'migrations.bundle.json'

/** What a bundle says of the sources that it was built from, and does not have. */
export interface BundleFile {
  /** Hash of the seeders' files: they run again where it is another than that of their last run. */
  readonly seedersChecksum?: string
}

/** Undefined where the folder of a manifest is that of sources. */
export async function readBundleFile(folder: string): Promise<BundleFile | undefined> {
  const text = await readText(join(folder, BUNDLE_NAME))
  return text === undefined ? undefined : JSON.parse(text)
}
