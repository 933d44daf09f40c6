import { createHash } from 'node:crypto'
import type { Catalog, CatalogObject } from './model.ts'

/**
 * Names the model and the canonical form that the hash was made of; it changes when either does.
 * Before `c2` texts were as PostgreSQL deparses them, which a restore changes.
 */
const VERSION = 'c2'

/**
 * One value for a whole schema, equal wherever {@link diffCatalogs} finds no difference: `c2:` and
 * a SHA-256.
 * @example
 * const before = fingerprint(await readCatalog(client))
 */
export function fingerprint(catalog: Catalog, version: 'c1' | 'c2' = VERSION): string {
  return hash(catalog.objects.map(canonicalJson).sort().join('\n'), version)
}

/** The same for one object. */
export function fingerprintObject(object: CatalogObject): string {
  return hash(canonicalJson(object))
}

/** An object as JSON with sorted keys, without what is only noted. */
export function canonicalJson(object: CatalogObject): string {
  const { noted: _, ...compared } = object
  return JSON.stringify(Object.fromEntries(Object.entries(compared).sort(byKey)))
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}

function hash(text: string, version = VERSION): string {
  return `${version}:${createHash('sha256').update(text).digest('hex')}`
}
