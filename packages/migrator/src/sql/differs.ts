/** SQL: another value in any bit, whatever the types call equal, and where they know no equality at all. */
export function differs(one: string, other: string): string {
  return `pg_catalog.record_image_ne(row(${one}), row(${other}))`
}
