/** A live database as a value: read, compared, written and read back. The entry point `@techfacts/migrator/catalog`. */
export { diffCatalogs, type Difference, type PropertyChange } from './diff.ts'
export { fingerprint } from './fingerprint.ts'
export { lastName, shown, splitIdentity, toIdentity } from './identity.ts'
export type { Catalog, CatalogObject, Kind, ObjectOf } from './model.ts'
export { readCatalog } from './read.ts'
export { renderDifferences } from './render.ts'
export type { Severity } from './severity.ts'
export { parseCatalog, serializeCatalog } from './snapshot.ts'
