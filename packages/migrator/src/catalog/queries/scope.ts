import { escapeLiteral } from 'pg'

/**
 * Puts what every query may read before it: `excluded`, the names of the schemas that the caller
 * leaves out, and `ours`, the oids of the schemas that are left.
 */
export function withScope(sql: string, exclude: string[]): string {
  return `with excluded(names) as (
      select array[${exclude.map((name) => escapeLiteral(name)).join(', ')}]::text[]),
    ours as (
      select n.oid from pg_namespace n
      where n.nspname <> all(${EXCLUDED}) and n.nspname <> 'information_schema'
        and n.nspname !~ '^pg_(toast|(toast_)?temp_.*)$')
    ${sql}`
}

/** The names of the schemas that the caller leaves out. */
export const EXCLUDED = '(select names from excluded)::text[]'
