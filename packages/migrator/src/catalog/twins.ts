import { canonicalJson } from './fingerprint.ts'
import type { CatalogObject, Kind } from './model.ts'
import { partsByWhole } from './wholes.ts'

/** Kinds that can be renamed and whose properties (with their parts) say all there is to say about them. */
const RENAMABLE: ReadonlySet<Kind> = new Set<Kind>([
  'table', 'column', 'constraint', 'index', 'sequence', 'enum', 'domain', 'composite-type', 'range',
  'view', 'materialized-view', 'function', 'trigger', 'policy', 'rule',
])

/** Finds objects of two sides that are equal but for their names, parts and all. */
export function findTwins(missing: CatalogObject[], extra: CatalogObject[]): Map<CatalogObject, CatalogObject[]> {
  const twins = new Map<CatalogObject, CatalogObject[]>()
  const lost = byShape(missing)
  for (const [shape, found] of byShape(extra)) {
    const group = lost.get(shape) ?? []
    for (const object of found) twins.set(object, group)
    for (const object of group) twins.set(object, found)
  }
  return twins
}

function byShape(objects: CatalogObject[]): Map<string, CatalogObject[]> {
  const wholes = [...partsByWhole(objects)].filter(([object]) => RENAMABLE.has(object.kind))
  const groups = Map.groupBy(wholes, ([object, parts]) => shapeOf(object, parts))
  return new Map([...groups].map(([shape, group]) => [shape, group.map(([object]) => object)]))
}

/**
 * The object and its parts as text, its own name taken out wherever it stands: as a whole, as the name of a constraint's
 * index, as the head of a made-up name (`jobs_pkey`).
 */
function shapeOf(object: CatalogObject, parts: CatalogObject[]): string {
  const identity = RegExp.escape(object.identity)
  const name = RegExp.escape(object.identity.split('.').at(-1) ?? object.identity)
  const index = object.kind === 'constraint' ? `|(?<=\\.)${name}(?![\\w$])` : ''
  const own = new RegExp(`(?<![\\w$])(?:${identity}(?![\\w$])|${name}(?=_))${index}`, 'g')
  const text = [object, ...parts].map((part) => canonicalJson(part).replaceAll(own, '\u0000'))
  return text.sort().join('\n')
}
