import type { Query } from './query.ts'
import { qualified } from './sql.ts'

/**
 * The version and the comment are noted, not compared: which version CREATE EXTENSION installs
 * depends on the server (pgcrypto is 1.3 on PostgreSQL 17 and 1.4 on 18), and a server upgrade is
 * no change of the schema.
 */
export const extensions: Query = {
  kind: 'extension',
  noted: ['version'],
  sql: () => `
    select ${qualified('x.extname')} as identity, ${qualified('n.nspname')} as schema,
      x.extversion as version
    from pg_extension x join pg_namespace n on n.oid = x.extnamespace`,
}
