import {
  byKey,
  listProperties,
  withoutLastName,
  type Catalog,
  type CatalogObject,
} from '../catalog/index.ts'

/** What a run found before it began, and what it had expected to find. */
export interface FoundDrift {
  readonly found: Catalog
  readonly expected: Catalog
}

/**
 * The schema as a run alone would have left it. What others had changed before the run is not in it
 * wherever the run left it alone: so it is still drift for the next run. What the run renamed
 * counts as made by the run.
 */
export function withoutDrift(after: Catalog, { found, expected }: FoundDrift): Catalog {
  const [before, now, wanted] = [byKey(found), byKey(after), byKey(expected)]
  const isDropped = droppedBy(found, after, expected)
  const objects = [...new Set([...now.keys(), ...wanted.keys()])].flatMap((key) => {
    const object = merge(before.get(key), now.get(key), wanted.get(key))
    return object === undefined || (!now.has(key) && isDropped(object)) ? [] : [object]
  })
  return { objects }
}

/** An object in three states. Where the run left it as it found it, it is what was expected. */
function merge(
  before: CatalogObject | undefined,
  now: CatalogObject | undefined,
  wanted: CatalogObject | undefined,
): CatalogObject | undefined {
  if (!before || !now) return before === now ? wanted : now
  const [old, young] = [listProperties(before), listProperties(now)]
  const isTouched = (property: string) =>
    JSON.stringify(old.get(property)) !== JSON.stringify(young.get(property))
  if (!wanted) return [...old.keys(), ...young.keys()].some(isTouched) ? now : undefined
  const { kind, identity } = now
  const own = [...young].filter(([property]) => isTouched(property))
  const kept = [...listProperties(wanted)].filter(([property]) => !isTouched(property))
  return { kind, identity, ...Object.fromEntries([...kept, ...own]) } as unknown as CatalogObject
}

/** Whether the run dropped what an object was in: what is missing since before would be gone with it. */
function droppedBy(
  found: Catalog,
  after: Catalog,
  expected: Catalog,
): (object: CatalogObject) => boolean {
  const there = new Set(after.objects.map(({ identity }) => identity))
  const dropped = new Set(
    found.objects.map(({ identity }) => identity).filter((identity) => !there.has(identity)),
  )
  const wanted = Map.groupBy(expected.objects, ({ identity }) => identity)
  const isDropped = (object: CatalogObject): boolean =>
    homesOf(object).some((home) => dropped.has(home) || (wanted.get(home) ?? []).some(isDropped))
  return isDropped
}

/** What an object goes with. */
function homesOf(object: CatalogObject): string[] {
  const homes = [withoutLastName(object.identity)]
  if ('of' in object) homes.push(object.of)
  if (object.kind === 'table' && object.partitionOf !== undefined) homes.push(object.partitionOf)
  if (object.kind === 'sequence' && object.ownedBy !== undefined) homes.push(object.ownedBy)
  return homes
}
