import { canonicalText } from './canonical-text.ts'
import { readGrants } from './grants.ts'
import type { CatalogObject } from './model.ts'
import { queries } from './queries/index.ts'
import type { Query, Row } from './queries/query.ts'
import { canonicalQuery } from './view-definition.ts'

/** Comments by the address of what they are on; each is taken by its object. */
export type Comments = Map<string, Comment>

export type Comment = Address & { comment: string; identity: string | null }

type Address = { catalog: string; oid: number; part: number }

/** What every row is read against. */
export type Context = { databaseOwner: string; comments: Comments }

export function addressKey({ catalog, oid, part }: Address): string {
  return `${catalog} ${oid} ${part}`
}

/** Makes a row what the model says: canonical text, words for grants, its comment, no defaults. */
export function objectFromRow(query: Query, row: Row, context: Context): CatalogObject {
  const object: Record<string, unknown> = { kind: query.kind }
  const { catalog, oid, part, acl, defaultAcl, fullAcl, usualGrantor } = row
  const noted: Record<string, unknown> = {}
  // One loop, and no copies: a schema may have a hundred thousand objects.
  for (const name in row) {
    const value = row[name]
    if (NO_PROPERTY.has(name) || isDefault(value)) continue
    if (name === 'owner' && value === 'pg_database_owner') continue
    if (query.noted?.includes(name)) noted[name] = value
    else object[name] = canonicalValue(query, name, value)
  }
  if (acl) {
    const grants = readGrants(acl, defaultAcl ?? [], fullAcl ?? defaultAcl ?? [], {
      ...context,
      usualGrantor,
    })
    if (grants.length > 0) object['grants'] = grants
  }
  const comment = takeComment(context.comments, catalog, oid, part)
  if (comment !== undefined) object['comment'] = comment
  if (!isDefault(noted)) object['noted'] = noted
  return object as CatalogObject
}

/** What a row has besides the properties of its object. */
const NO_PROPERTY: ReadonlySet<string> = new Set([
  'catalog',
  'oid',
  'part',
  'acl',
  'defaultAcl',
  'fullAcl',
  'usualGrantor',
])

function canonicalValue(
  { deparsed, queries: whole }: Query,
  name: string,
  value: unknown,
): unknown {
  if (deparsed?.includes(name)) return mapText(value, canonicalText)
  return whole?.includes(name) ? mapText(value, canonicalQuery) : value
}

/** An object of a snapshot whose texts are as PostgreSQL deparsed them. */
export function withCanonicalTexts(object: CatalogObject): CatalogObject {
  const texts = queries.filter(({ kind }) => kind === object.kind)
  const names = new Set(
    texts.flatMap(({ deparsed = [], queries: whole = [] }) => [...deparsed, ...whole]),
  )
  const canonical = Object.entries(object).map(([name, value]) =>
    names.has(name) && name !== 'identity' ? [name, mapText(value, canonicalText)] : [name, value],
  )
  return Object.fromEntries(canonical) as CatalogObject
}

function takeComment(
  comments: Comments,
  catalog = 'pg_class',
  oid = 0,
  part = 0,
): string | undefined {
  if (comments.size === 0) return undefined
  const key = addressKey({ catalog, oid, part })
  const comment = comments.get(key)?.comment
  comments.delete(key)
  return comment
}

function mapText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  return Array.isArray(value) ? value.map((item) => mapText(item, change)) : value
}

function isDefault(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
