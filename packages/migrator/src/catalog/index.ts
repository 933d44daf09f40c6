/** A live database's schema as a value: read, fingerprinted, compared, written down. */
export { makeDelta, withDelta, type CatalogDelta } from './delta.ts'
export { byKey, diffCatalogs, listProperties, type Difference } from './diff.ts'
export { CatalogError } from './errors.ts'
export { fingerprint, fingerprintObject } from './fingerprint.ts'
export {
  withoutLastName,
  toIdentity,
  lastName,
  shown,
  splitIdentity,
  suffixed,
  withLastName,
} from './identity.ts'
export type { Catalog, CatalogObject, ObjectOf } from './model.ts'
export { diffBesidesPartitions, withoutUnnamedPartitions } from './partitions.ts'
export { isSameIndex, readIndex } from './read-object.ts'
export { readCatalog } from './read.ts'
export { renderDifferences } from './render.ts'
export { parseCatalog, serializeCatalog } from './snapshot.ts'
export { readMarker } from './change-marker.ts'
