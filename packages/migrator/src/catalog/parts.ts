import type { CatalogObject } from './model.ts'

/**
 * Groups objects into wholes and the parts that come and go with them: a table's columns and
 * indexes, a constraint's index, a column's sequence. A part whose whole is not among the objects
 * is a whole itself.
 */
export function partsByOwner(objects: CatalogObject[]): Map<CatalogObject, CatalogObject[]> {
  const wholes = new Map(objects.flatMap((object) => namesAsWhole(object).map((n) => [n, object])))
  const groups = new Map<CatalogObject, CatalogObject[]>()
  for (const object of objects) {
    const outermost = outermostWhole(object, wholes)
    const parts = groups.get(outermost) ?? []
    groups.set(outermost, parts)
    if (outermost !== object) parts.push(object)
  }
  return groups
}

function outermostWhole(object: CatalogObject, wholes: Map<string, CatalogObject>): CatalogObject {
  for (const name of namesOfWholes(object)) {
    const whole = wholes.get(name)
    if (whole) return outermostWhole(whole, wholes)
  }
  return object
}

function namesAsWhole(object: CatalogObject): string[] {
  switch (object.kind) {
    case 'column':
    case 'constraint':
      return [`${object.kind} ${object.identity}`]
    case 'table':
    case 'view':
    case 'materialized-view':
    case 'domain':
      return [object.identity]
    default:
      return []
  }
}

function namesOfWholes(object: CatalogObject): string[] {
  if (object.kind === 'sequence') return object.ownedBy ? [`column ${object.ownedBy}`] : []
  if (object.kind === 'index' && object.constraint)
    return [`constraint ${object.constraint}`, object.of]
  return 'of' in object ? [object.of] : []
}
