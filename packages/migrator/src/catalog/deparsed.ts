/** A piece of SQL text as PostgreSQL prints it. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?<tag>[A-Za-z_]*)\$[\s\S]*?\$\k<tag>\$/g

const PLAIN_NAME = /^"[a-z_][a-z0-9_$]*"$/

/**
 * Text that PostgreSQL deparsed, made the same on every version: whether a name needs quotes depends on each version's
 * list of keywords (`json_object` is one from 16 on), so plain lower-case names lose theirs. `"char"` is a type apart
 * from `char` and keeps them.
 */
export function canonicalText(text: string): string {
  if (!text.includes('"')) return text
  return text.replaceAll(TOKEN, (token) =>
    PLAIN_NAME.test(token) && token !== '"char"' ? token.slice(1, -1) : token,
  )
}
