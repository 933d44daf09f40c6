/** A live database's schema as a value: read, fingerprinted, compared, written down. */
export { deltaOf, withDelta, type CatalogDelta } from './delta.ts'
export { diffCatalogs, type Difference, type PropertyChange } from './diff.ts'
export { CatalogError, type CatalogErrorCode } from './errors.ts'
export { fingerprint, fingerprintObject } from './fingerprint.ts'
export {
  containerOf,
  identityOf,
  lastName,
  namesOf,
  shown,
  suffixed,
  withLastName,
} from './identity.ts'
export type { Catalog, CatalogObject, Kind, ObjectOf, Properties } from './model.ts'
export { diffBesidesPartitions, withoutUnnamedPartitions } from './partitions.ts'
export { isSameIndex, readIndex, readTable } from './read-object.ts'
export { readCatalog } from './read.ts'
export { renderDifferences } from './render.ts'
export { SEVERITIES, type Severity } from './severity.ts'
export { parseCatalog, serializeCatalog } from './snapshot.ts'
export { readMarker } from './change-marker.ts'
