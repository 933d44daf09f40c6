/**
 * What the two migrations share that bound the vocabularies and the confidences: CHECKs that bind new rows only, then their
 * validation under a weak lock. Frozen with those migrations: today's vocabularies are in `vocabularies.ts`.
 */
import type { Check } from '@techfacts/migrator'

const ALLOWED = {
  jobs: {
    status: ['queued', 'running', 'completed', 'failed', 'dead', 'cancelling', 'cancelled'],
    type: ['scrape', 'fetch', 'extract', 'report', 'legacy-import'],
  },
  sources: {
    status: ['pending', 'ready', 'extracted', 'failed', 'skipped'],
    source_type: ['web', 'pdf', 'api', 'text'],
  },
  profiles: { depth: ['summary', 'detailed', 'comprehensive'] },
  extractions: { confidence: 'a share' },
  facts: { confidence: 'a share' },
} as const

type Allowed = readonly string[] | 'a share'

export const addChecks = () =>
  alterTables(
    (check, condition) =>
      `drop constraint if exists "${check}", add constraint "${check}" check (${condition}) not valid`,
  )

export const validateChecks = () => alterTables((check) => `validate constraint "${check}"`)

export const dropChecks = () => alterTables((check) => `drop constraint if exists "${check}"`)

/** Counts the rows outside, a column each, all as of one moment. */
export function noStrangers(): Check[] {
  const counts = tables().map(([table, columns]) => {
    const strangers = columns.map(
      ([column, allowed]) =>
        `count(*) filter (where not (${condition(column, allowed)})) as "${table}.${column}"`,
    )
    return `(select ${strangers.join(', ')} from "${table}") as "${table}"`
  })
  const allowed = tables().flatMap(([table, columns]) =>
    columns.map(
      ([column, words]) =>
        `${table}.${column} (${words === 'a share' ? 'between 0 and 1' : words.join(', ')})`,
    ),
  )
  return [
    {
      query: `select * from ${counts.join(', ')}`,
      says: `Only these values will be allowed: ${allowed.join('; ')}. Correct the rows that hold others, then run this again.`,
    },
  ]
}

function alterTables(clause: (check: string, condition: string) => string): string[] {
  return tables().map(([table, columns]) => {
    const clauses = columns.map(([column, allowed]) =>
      clause(`${table}_${column}_check`, condition(column, allowed)),
    )
    return `alter table "${table}" ${clauses.join(', ')}`
  })
}

/** In the form in which PostgreSQL prints it back. */
function condition(column: string, allowed: Allowed): string {
  if (allowed === 'a share')
    return `${column} >= '0'::double precision AND ${column} <= '1'::double precision`
  return `${column} = ANY (ARRAY[${allowed.map((word) => `'${word}'::text`).join(', ')}])`
}

function tables(): [string, [string, Allowed][]][] {
  return Object.entries(ALLOWED).map(([table, columns]) => [table, Object.entries(columns)])
}
