import { escapeIdentifier } from 'pg'
import { refuseNul } from './nul.ts'

/** The one place where identifiers are quoted: `"schema"."name"`, or `"name"` without a schema. Throws NUL_BYTE. */
export function quoteName(name: string, schema?: string): string {
  for (const part of [name, schema ?? '']) refuseNul(part, 'A name')
  return schema === undefined
    ? escapeIdentifier(name)
    : `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`
}
