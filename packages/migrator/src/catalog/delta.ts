import { byKey, key, listProperties, type PropertyValue } from './diff.ts'
import { fingerprint } from './fingerprint.ts'
import type { Catalog, CatalogObject, Kind } from './model.ts'
import { inOrder } from './snapshot.ts'
import { sortObjects } from './sort.ts'

/**
 * The difference from one catalog to the next, object by object, as data to commit. Properties that are only noted are
 * left out.
 */
export interface CatalogDelta {
  /** Of the resulting catalog. A sum with another fingerprint was made with a delta of another catalog. */
  readonly fingerprint: string
  readonly added: readonly Record<string, unknown>[]
  readonly removed: readonly ObjectName[]
  readonly changed: readonly ObjectChange[]
}

export interface ObjectName {
  readonly kind: Kind
  readonly identity: string
}

/** The properties that differ, on both sides; one that is absent is PostgreSQL's default. */
export interface ObjectChange extends ObjectName {
  readonly from: Readonly<Record<string, PropertyValue>>
  readonly to: Readonly<Record<string, PropertyValue>>
}

/** The delta from one catalog to another. Pure; `withDelta` is its inverse. */
export function makeDelta(before: Catalog, after: Catalog): CatalogDelta {
  const [old, young] = [byKey(before), byKey(after)]
  const objects = sorted(young)
  return {
    fingerprint: fingerprint(after),
    added: objects.filter((object) => !old.has(key(object))).map(inOrder),
    removed: sorted(old)
      .filter((object) => !young.has(key(object)))
      .map(({ kind, identity }) => ({ kind, identity })),
    changed: objects.flatMap((object) => {
      const former = old.get(key(object))
      return former ? findChange(former, object) : []
    }),
  }
}

/**
 * The catalog after a delta. Undefined where it is not the one that the delta was made for: `before` is another
 * catalog, or the delta was edited.
 */
export function withDelta(before: Catalog, delta: CatalogDelta): Catalog | undefined {
  const objects = byKey(before)
  for (const removed of delta.removed) objects.delete(key(removed))
  for (const { from, to, ...name } of delta.changed) {
    const former = objects.get(key(name))
    const kept = [...(former ? listProperties(former) : [])].filter(
      ([property]) => !Object.hasOwn(from, property),
    )
    const object = { ...name, ...Object.fromEntries(kept), ...to }
    objects.set(key(name), object as unknown as CatalogObject)
  }
  for (const added of delta.added as unknown as CatalogObject[]) objects.set(key(added), added)
  // An edited or malformed object has another fingerprint.
  const after = { objects: sorted(objects) }
  return fingerprint(after) === delta.fingerprint ? after : undefined
}

function findChange(former: CatalogObject, object: CatalogObject): ObjectChange[] {
  const [from, to] = [listProperties(former), listProperties(object)]
  const isSame = (property: string) =>
    JSON.stringify(from.get(property)) === JSON.stringify(to.get(property))
  const differing = (properties: ReadonlyMap<string, PropertyValue>) =>
    Object.fromEntries([...properties].filter(([property]) => !isSame(property)))
  const change = { from: differing(from), to: differing(to) }
  const { kind, identity } = object
  const isEmpty = Object.keys({ ...change.from, ...change.to }).length === 0
  return isEmpty ? [] : [{ kind, identity, ...change }]
}

function sorted(objects: ReadonlyMap<string, CatalogObject>): CatalogObject[] {
  return sortObjects([...objects.values()])
}
