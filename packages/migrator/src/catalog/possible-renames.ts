import { canonicalJson } from './fingerprint.ts'
import { toIdentity, lastName as lastNameOf } from './identity.ts'
import type { CatalogObject, Kind } from './model.ts'
import { partsByOwner } from './parts.ts'

/**
 * Kinds that can be renamed and whose properties (with their parts) say all there is to say about
 * them.
 */
const RENAMABLE: ReadonlySet<Kind> = new Set<Kind>([
  'table',
  'column',
  'constraint',
  'index',
  'sequence',
  'enum',
  'domain',
  'composite-type',
  'range',
  'view',
  'materialized-view',
  'function',
  'trigger',
  'policy',
  'rule',
])

/**
 * Finds objects of two sides that are equal but for their names, parts and all. After RENAME the
 * parts keep names that were made up from the old one (`jobs_pkey`); made again they have others:
 * both count.
 */
export function findPossibleRenames(
  missing: CatalogObject[],
  extra: CatalogObject[],
): Map<CatalogObject, CatalogObject[]> {
  const renames = new Map<CatalogObject, CatalogObject[]>()
  for (const shapeOf of [renamedShape, remadeShape]) {
    const lost = byShape(missing, shapeOf)
    for (const [shape, found] of byShape(extra, shapeOf)) {
      const group = lost.get(shape) ?? []
      for (const object of found) renames.set(object, union(renames.get(object), group))
      for (const object of group) renames.set(object, union(renames.get(object), found))
    }
  }
  return renames
}

function union(a: CatalogObject[] = [], b: CatalogObject[]): CatalogObject[] {
  return [...new Set([...a, ...b])]
}

type Shape = (object: CatalogObject, parts: CatalogObject[]) => string

function byShape(objects: CatalogObject[], shapeOf: Shape): Map<string, CatalogObject[]> {
  const wholes = [...partsByOwner(objects)].filter(([object]) => RENAMABLE.has(object.kind))
  const groups = Map.groupBy(wholes, ([object, parts]) => shapeOf(object, parts))
  return new Map([...groups].map(([shape, group]) => [shape, group.map(([object]) => object)]))
}

/** The object and its parts as text without its own name; a constraint's index goes by the same. */
function renamedShape(object: CatalogObject, parts: CatalogObject[]): string {
  const index = object.kind === 'constraint' ? [`(?<=\\.)${lastName(object)}(?![\\w$])`] : []
  return textWithout([wholeName(object), ...index], [object, ...parts])
}

/** The same, without the head of made-up names either. */
function remadeShape(object: CatalogObject, parts: CatalogObject[]): string {
  return textWithout([wholeName(object), `${lastName(object)}(?=_)`], [object, ...parts])
}

function wholeName(object: CatalogObject): string {
  return `${inJson(object.identity)}(?![\\w$])`
}

function lastName(object: CatalogObject): string {
  return inJson(toIdentity(lastNameOf(object.identity)))
}

/** A pattern for the name as it stands in JSON. (Node 22 has no RegExp.escape.) */
function inJson(name: string): string {
  return JSON.stringify(name)
    .slice(1, -1)
    .replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function textWithout(names: string[], objects: CatalogObject[]): string {
  const pattern = new RegExp(`(?<![\\w$])(?:${names.join('|')})`, 'g')
  return objects
    .map((object) => canonicalJson(object).replaceAll(pattern, '\u0000'))
    .sort()
    .join('\n')
}
