import type { Catalog, CatalogObject, Kind } from './model.ts'
import {
  severityRank,
  SEVERITY,
  severityOfPresence,
  severityOfProperty,
  type Severity,
} from './severity.ts'
import { byKindAndIdentity } from './sort.ts'
import { findPossibleRenames } from './possible-renames.ts'
import { partsByOwner } from './parts.ts'

/** One object that is not the same on both sides. */
export type Difference = {
  kind: Kind
  identity: string
  /** Missing here, extra here, or on both sides and not equal. */
  what: 'missing' | 'extra' | 'changed'
  /** The gravest of what differs. */
  severity: Severity
  /** What differs where `what` is changed, gravest first. */
  changes: PropertyChange[]
  /**
   * How many parts are missing or extra along with the object, by kind; they are no differences of
   * their own.
   */
  parts: Partial<Record<Kind, number>>
  /** Identities on the other side that are equal but for the name: renamed, or not. */
  possibleRenames: string[]
  here?: CatalogObject
  there?: CatalogObject
}

/** A property with both values; an absent one is PostgreSQL's default. */
export type PropertyChange = {
  property: string
  severity: Severity
  here?: PropertyValue
  there?: PropertyValue
}

export type PropertyValue = string | number | boolean | string[]

/**
 * Says what differs between two schemas, gravest first; nothing exactly where their fingerprints
 * are equal. A rename is not guessed: it is a missing object and an extra one that name each other
 * as possible renames.
 * @example
 * const differences = diffCatalogs(await readCatalog(client), parseCatalog(readFileSync('catalog.jsonl', 'utf8')))
 */
export function diffCatalogs(here: Catalog, there: Catalog): Difference[] {
  const ours = byKey(here)
  const theirs = byKey(there)
  const missing = [...theirs].flatMap(([name, object]) => (ours.has(name) ? [] : [object]))
  const extra = [...ours].flatMap(([name, object]) => (theirs.has(name) ? [] : [object]))
  const possibleRenames = findPossibleRenames(missing, extra)
  const changed = [...ours].flatMap(([name, object]) => {
    const other = theirs.get(name)
    return other && !isSame(object, other) ? [change(object, other)] : []
  })
  return [
    ...presence('missing', missing, possibleRenames),
    ...presence('extra', extra, possibleRenames),
    ...changed,
  ].sort((a, b) => severityRank(a.severity) - severityRank(b.severity) || byKindAndIdentity(a, b))
}

/** Whether two objects of one kind and name are equal but for what is only noted. */
function isSame(here: CatalogObject, there: CatalogObject): boolean {
  return hasSameValues(here, there) && hasSameValues(there, here)
}

function hasSameValues(object: Record<string, unknown>, other: Record<string, unknown>): boolean {
  return Object.keys(other).every(
    (name) => name === 'noted' || isSameValue(object[name], other[name]),
  )
}

function isSameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (!Array.isArray(a) || !Array.isArray(b)) return false
  return a.length === b.length && a.every((value, i) => value === b[i])
}

/** A kind may use a name that another uses too: a table and a type, a column and a constraint. */
export function key(object: { kind: Kind; identity: string }): string {
  return `${object.kind} ${object.identity}`
}

/** The objects of a catalog by {@link key}. */
export function byKey(catalog: Catalog): Map<string, CatalogObject> {
  return new Map(catalog.objects.map((object) => [key(object), object]))
}

/** One difference for each whole; its parts are counted. */
function presence(
  what: 'missing' | 'extra',
  objects: CatalogObject[],
  possibleRenames: Map<CatalogObject, CatalogObject[]>,
): Difference[] {
  return [...partsByOwner(objects)].map(([object, parts]) => ({
    kind: object.kind,
    identity: object.identity,
    what,
    severity: severityOfPresence(object),
    changes: [],
    parts: Object.fromEntries(
      [...Map.groupBy(parts, (part) => part.kind)].map(([kind, group]) => [kind, group.length]),
    ),
    possibleRenames: (possibleRenames.get(object) ?? []).map((one) => one.identity),
    ...(what === 'missing' ? { there: object } : { here: object }),
  }))
}

function change(here: CatalogObject, there: CatalogObject): Difference {
  const ours = listProperties(here)
  const theirs = listProperties(there)
  const properties = Object.keys(SEVERITY[here.kind])
  const order = ({ property }: PropertyChange): number => properties.indexOf(property)
  const changes = [...new Set([...ours.keys(), ...theirs.keys()])]
    .filter(
      (property) => JSON.stringify(ours.get(property)) !== JSON.stringify(theirs.get(property)),
    )
    .map((property) => ({
      property,
      severity: severityOfProperty(here, property),
      ...optional('here', ours.get(property)),
      ...optional('there', theirs.get(property)),
    }))
    .sort((a, b) => severityRank(a.severity) - severityRank(b.severity) || order(a) - order(b))
  return {
    kind: here.kind,
    identity: here.identity,
    what: 'changed',
    severity: changes[0]?.severity ?? 'structure',
    changes,
    parts: {},
    possibleRenames: [],
    here,
    there,
  }
}

/** An object's properties by name. */
export function listProperties(object: CatalogObject): Map<string, PropertyValue> {
  const { kind: _kind, identity: _identity, noted: _noted, ...properties } = object
  return new Map<string, PropertyValue>(Object.entries(properties))
}

function optional<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: V })
}
