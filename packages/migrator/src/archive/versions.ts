/** In this transaction, not in another: no row of another open transaction is seen. Counts in 32 bits. */
export function isOurs(xmin: string): string {
  const ahead = `((${xmin}::text::bigint - pg_catalog.pg_current_xact_id()::text::bigint) & 4294967295)`
  return `(case when ${ahead} < 1048576
    then pg_catalog.pg_xact_status((pg_catalog.pg_current_xact_id()::text::bigint + ${ahead})::text::xid8) = 'in progress' else false end)`
}
