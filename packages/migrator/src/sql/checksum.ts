import { hash } from 'node:crypto'

/** Names the algorithm below. A change of what is hashed needs a new one, and both must be readable. */
const ALGORITHM = 'v1'

/** Where a token stands is layout, not meaning. */
const POSITIONS = new Set([
  'location',
  'stmt_location',
  'stmt_len',
  'list_start',
  'list_end',
  'rexpr_list_start',
  'rexpr_list_end',
])

/**
 * The checksum of a value: SHA-256 of its JSON with sorted keys and without positions, as `v1:<hex>`.
 * libpg-query's own fingerprint ignores constants, so an edited default would pass unseen.
 */
export function checksum(value: unknown): string {
  return `${ALGORITHM}:${sha256(JSON.stringify(canonical(value)))}`
}

/** SHA-256 in hex. */
export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content)
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(
    ([key, held]) => !POSITIONS.has(key) && held !== undefined,
  )
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, held]) => [key, canonical(held)]),
  )
}
