import { CatalogError } from './errors.ts'
import { fingerprint } from './fingerprint.ts'
import { withCanonicalTexts } from './from-row.ts'
import type { Catalog, CatalogObject } from './model.ts'
import { SEVERITY } from './severity.ts'
import { isKind, sortObjects } from './sort.ts'

/** The form of the file: JSON lines, a head and one object each. */
const FORMAT = 1

/**
 * Writes a catalog as text to be committed: one object a line, so that git shows what a migration
 * does. What is only noted is left out: it differs between servers whose schemas are equal.
 * @example
 * writeFileSync('catalog.jsonl', serializeCatalog(await readCatalog(client)))
 */
export function serializeCatalog(catalog: Catalog): string {
  const head = { catalog: FORMAT, fingerprint: fingerprint(catalog) }
  const lines = sortObjects([...catalog.objects]).map(inOrder)
  return [head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('')
}

/**
 * Reads what {@link serializeCatalog} wrote.
 *
 * @throws CatalogError `SNAPSHOT_UNREADABLE`, with the line, if the text is anything else or was
 * changed by hand
 * @example
 * const catalog = parseCatalog(readFileSync('catalog.jsonl', 'utf8'))
 */
export function parseCatalog(text: string): Catalog {
  const [first = '', ...rest] = text.split('\n')
  const head = parseLine(first, 1)
  if (head['catalog'] !== FORMAT)
    throw unreadable(1, `it does not begin with {"catalog":${FORMAT},…}`)
  const lines = rest.at(-1) === '' ? rest.slice(0, -1) : rest
  const catalog = { objects: lines.map((line, i) => parseObject(line, i + 2)) }
  if (head['fingerprint'] === fingerprint(catalog)) return catalog
  if (head['fingerprint'] === fingerprint(catalog, 'c1')) {
    return { objects: catalog.objects.map(withCanonicalTexts) }
  }
  throw unreadable(1, 'its lines are not those that the fingerprint was made of; write it again')
}

/** An object with its properties in one order, without what is only noted. */
export function inOrder(object: CatalogObject): Record<string, unknown> {
  const values = new Map<string, unknown>(Object.entries(object))
  const properties = Object.keys(SEVERITY[object.kind]).filter((property) => values.has(property))
  return Object.fromEntries(
    ['kind', 'identity', ...properties].map((name) => [name, values.get(name)]),
  )
}

function parseObject(line: string, number: number): CatalogObject {
  const object = parseLine(line, number)
  const { kind, identity, ...properties } = object
  if (!isKind(kind)) throw unreadable(number, `${JSON.stringify(kind)} is no kind of object`)
  if (typeof identity !== 'string') throw unreadable(number, 'the object has no identity')
  const unknown = Object.keys(properties).find(
    (property) => !Object.hasOwn(SEVERITY[kind], property),
  )
  if (unknown !== undefined) throw unreadable(number, `a ${kind} has no property "${unknown}"`)
  return object as CatalogObject
}

function parseLine(line: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (cause) {
    throw unreadable(number, 'it is not JSON', cause)
  }
  throw unreadable(number, 'it is no JSON object')
}

function unreadable(line: number, why: string, cause?: unknown): CatalogError {
  return new CatalogError(
    'SNAPSHOT_UNREADABLE',
    `This is no catalog snapshot: line ${line}, ${why}.`,
    { cause },
  )
}
