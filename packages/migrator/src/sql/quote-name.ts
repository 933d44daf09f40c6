import { refuseNul } from './nul.ts'

/** The one place where identifiers are quoted: `"schema"."name"`, or `"name"` without a schema. Throws NUL_BYTE. */
export function quoteName(name: string, schema?: string): string {
  const parts = schema === undefined ? [name] : [schema, name]
  return parts.map(quoted).join('.')
}

function quoted(part: string): string {
  refuseNul(part, 'A name')
  return `"${part.replaceAll('"', '""')}"`
}
