import { escapeIdentifier } from 'pg'

/** The one place where identifiers are quoted: `"schema"."name"`, or `"name"` without a schema. */
export function quoteName(name: string, schema?: string): string {
  return schema === undefined
    ? escapeIdentifier(name)
    : `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`
}
