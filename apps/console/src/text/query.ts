/** What a list is asked for, or where the operator is. */
export type Query = Readonly<Record<string, string | number | undefined>>

/** The part of an address from `?` on; nothing where nothing is set. */
export function printQuery(query: Query): string {
  const set = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  )
  return set.length === 0 ? '' : `?${String(new URLSearchParams(set))}`
}
