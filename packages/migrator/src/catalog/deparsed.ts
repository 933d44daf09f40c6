const PLAIN_NAME = /^"[a-z_][a-z0-9_$]*"$/

/**
 * Text that PostgreSQL deparsed, made the same on every version: whether a name needs quotes
 * depends on each version's list of keywords (`json_object` is one from 16 on), so plain lower-case
 * names lose theirs. `"char"` is a type apart from `char` and keeps them.
 */
export function canonicalText(text: string): string {
  if (!text.includes('"')) return text
  return tokensOf(text)
    .map((token) => (PLAIN_NAME.test(token) && token !== '"char"' ? token.slice(1, -1) : token))
    .join('')
}

/** Strings, quoted names, words, white space and single other characters: nothing is lost. */
export function tokensOf(text: string): string[] {
  return text.match(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|\s+|[^]/gu) ?? []
}
