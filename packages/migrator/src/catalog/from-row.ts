import { canonicalText } from './deparsed.ts'
import { grantsOf } from './grants.ts'
import type { CatalogObject } from './model.ts'
import { queries } from './queries/index.ts'
import type { Query, Row } from './queries/query.ts'
import { canonicalQuery } from './view-definition.ts'

/** Comments by the address of what they are on; each is taken by its object. */
export type Comments = Map<string, Comment>

export type Comment = Address & { comment: string }

type Address = { catalog: string; oid: number; part: number }

/** What every row is read against. */
export type Context = { databaseOwner: string; comments: Comments }

export function addressKey({ catalog, oid, part }: Address): string {
  return `${catalog} ${oid} ${part}`
}

/** Makes a row what the model says: canonical text, words for grants, its comment, no defaults. */
export function objectFromRow(query: Query, row: Row, context: Context): CatalogObject {
  const { catalog, oid, part, acl, defaultAcl, fullAcl, owner, noted, ...properties } = row
  const values = {
    ...properties,
    owner: owner === 'pg_database_owner' ? null : owner,
    grants: acl ? grantsOf(acl, defaultAcl ?? [], fullAcl ?? defaultAcl ?? [], context) : [],
    comment: takeComment(context.comments, catalog, oid, part),
    noted: withoutDefaults(noted ?? {}),
    ...mapProperties(row, query.deparsed, canonicalText),
    ...mapProperties(row, query.queries, canonicalQuery),
  }
  return { kind: query.kind, ...withoutDefaults(values) } as CatalogObject
}

/** An object of a snapshot whose texts are as PostgreSQL deparsed them. */
export function withCanonicalTexts(object: CatalogObject): CatalogObject {
  const values: Record<string, unknown> = { ...object }
  const texts = queries.filter(({ kind }) => kind === object.kind)
  const names = texts.flatMap(({ deparsed = [], queries: whole = [] }) => [...deparsed, ...whole])
  const own = [...new Set(names)].filter((name) => name !== 'identity' && name in object)
  return { ...object, ...mapProperties(values, own, canonicalText) }
}

function takeComment(
  comments: Comments,
  catalog = 'pg_class',
  oid = 0,
  part = 0,
): string | undefined {
  const key = addressKey({ catalog, oid, part })
  const comment = comments.get(key)?.comment
  comments.delete(key)
  return comment
}

function mapProperties(
  row: Record<string, unknown>,
  names: string[] = [],
  change: (text: string) => string,
): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, mapText(row[name], change)]))
}

function mapText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  return Array.isArray(value) ? value.map((item) => mapText(item, change)) : value
}

function withoutDefaults(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isDefault(value)))
}

function isDefault(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
