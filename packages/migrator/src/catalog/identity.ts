/**
 * The one place that makes, splits and shows identities of objects: `public."A b".c`, each name
 * quoted unless it is plain lower case. Queries make them by the same rule, see `qualified`.
 */
const PLAIN = /^[a-z_][a-z0-9_$]*$/

/** A name as an identity writes it, and the dot that follows. */
const NAME = /("(?:[^"]|"")*"|[^".(]+)(?:\.|(?=\()|$)/y

/** PostgreSQL cuts longer names off: NAMEDATALEN - 1. */
export const LONGEST_NAME = 63

/**
 * The identity of what has these names.
 * @example
 * toIdentity('public', 'A b', 'c') // public."A b".c
 */
export function toIdentity(...names: readonly string[]): string {
  return names
    .map((name) => (PLAIN.test(name) ? name : `"${name.replaceAll('"', '""')}"`))
    .join('.')
}

/**
 * The names in an identity. The arguments of a function are left out.
 * @example
 * splitIdentity('public."A b".c') // public, A b, c
 */
export function splitIdentity(identity: string): string[] {
  const names: string[] = []
  NAME.lastIndex = 0
  for (let match = NAME.exec(identity); match?.[1]; match = NAME.exec(identity)) {
    const [, name] = match
    names.push(name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name)
    if (identity[NAME.lastIndex] === '(') break
  }
  return names
}

/**
 * The name of an object without what it is in.
 * @example
 * lastName('public.jobs."Status"') // Status
 */
export function lastName(identity: string): string {
  return splitIdentity(identity).at(-1) ?? identity
}

/** What the object is in: `public.jobs.status` → `public.jobs`, `public.jobs` → `public`; '' where in nothing. */
export function withoutLastName(identity: string): string {
  return toIdentity(...splitIdentity(identity).slice(0, -1))
}

/** The same object under another name, as after RENAME. */
export function withLastName(identity: string, name: string): string {
  return toIdentity(...splitIdentity(identity).slice(0, -1), name)
}

/**
 * As people write it, without the schema `public`.
 * @example
 * shown('public.jobs.status') // jobs.status
 */
export function shown(identity: string): string {
  return identity.replace(/^public\./, '')
}

/** A name with a suffix, cut so that PostgreSQL keeps the suffix. */
export function suffixed(name: string, suffix: string): string {
  const room = LONGEST_NAME - Buffer.byteLength(suffix)
  let kept = ''
  for (const character of name) {
    if (Buffer.byteLength(kept + character) > room) break
    kept += character
  }
  return kept + suffix
}
