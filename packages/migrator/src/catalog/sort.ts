import type { CatalogObject, Kind } from './model.ts'
import { SEVERITY } from './severity.ts'

const KIND_ORDER = new Map(Object.keys(SEVERITY).map((kind, i) => [kind, i]))

/** By kind, then by identity as code units, so that no locale has a say. */
export function sortObjects(objects: CatalogObject[]): CatalogObject[] {
  return objects.sort(byKindAndIdentity)
}

export function byKindAndIdentity(a: Named, b: Named): number {
  return kindOrder(a.kind) - kindOrder(b.kind) || (a.identity < b.identity ? -1 : 1)
}

export function isKind(kind: unknown): kind is Kind {
  return typeof kind === 'string' && KIND_ORDER.has(kind)
}

function kindOrder(kind: Kind): number {
  return KIND_ORDER.get(kind) ?? KIND_ORDER.size
}

type Named = { kind: Kind; identity: string }
