import { findPackageJSON } from 'node:module'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failure } from '../errors/index.ts'

/** MikroORM's packages change their inner seams between majors; this adapter knows those of one. */
const SUPPORTED_MAJOR = 7

/**
 * Imports a package as the project itself would, never the migrator's own copy: two copies of an ORM do
 * not know each other's classes.
 * Throws PROJECT_INVALID where the package is missing or of another major.
 */
export async function importFrom<T>(configPath: string, packageName: string): Promise<T> {
  const found = await findPackage(configPath, packageName)
  if (!found) {
    const reason = `${configPath} needs the package ${packageName}, which its project does not have. Add it there.`
    throw failure('PROJECT_INVALID', { reason })
  }
  const { manifest, version, exports } = found
  if (Number.parseInt(version, 10) !== SUPPORTED_MAJOR) {
    const reason = `The project has ${packageName} ${version}; this migrator works with ${SUPPORTED_MAJOR}.x.`
    throw failure('PROJECT_INVALID', { reason })
  }
  const entry = exports?.['.'] ?? './index.js'
  return import(pathToFileURL(join(dirname(manifest), entry)).href)
}

interface Found {
  readonly manifest: string
  readonly version: string
  readonly exports?: Readonly<Record<string, string>>
}

/** Where there is none, Node throws, or answers with a file of the project itself. */
async function findPackage(configPath: string, packageName: string): Promise<Found | undefined> {
  let manifest: string | undefined
  try {
    manifest = findPackageJSON(packageName, pathToFileURL(configPath))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'))
      throw error
  }
  if (manifest === undefined || basename(manifest) !== 'package.json') return undefined
  const { name, version, exports } = JSON.parse(await readFile(manifest, 'utf8'))
  return name === packageName ? { manifest, version, exports } : undefined
}
