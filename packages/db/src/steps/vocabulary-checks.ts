/**
 * What the two migrations share that bound the vocabularies and the confidences: CHECKs that bind new rows only, then their
 * validation under a weak lock. Frozen with those migrations: today's vocabularies are in `vocabularies.ts`.
 */
import type { Check } from '@techfacts/migrator'

const SHARE = `confidence >= '0'::double precision AND confidence <= '1'::double precision`

const CONDITIONS = {
  jobs: {
    status: `status = ANY (ARRAY['queued'::text, 'running'::text, 'completed'::text, 'failed'::text, 'dead'::text, 'cancelling'::text, 'cancelled'::text])`,
    type: `type = ANY (ARRAY['scrape'::text, 'fetch'::text, 'extract'::text, 'report'::text, 'legacy-import'::text])`,
  },
  sources: {
    status: `status = ANY (ARRAY['pending'::text, 'ready'::text, 'extracted'::text, 'failed'::text, 'skipped'::text])`,
    source_type: `source_type = ANY (ARRAY['web'::text, 'pdf'::text, 'api'::text, 'text'::text])`,
  },
  profiles: {
    depth: `depth = ANY (ARRAY['summary'::text, 'detailed'::text, 'comprehensive'::text])`,
  },
  extractions: { confidence: SHARE },
  facts: { confidence: SHARE },
}

export const addChecks = () =>
  alterTables(
    (check, condition) =>
      `drop constraint if exists "${check}", add constraint "${check}" check (${condition}) not valid`,
  )

export const validateChecks = () => alterTables((check) => `validate constraint "${check}"`)

export const dropChecks = () => alterTables((check) => `drop constraint if exists "${check}"`)

/** Counts the rows outside, a column each. */
export function noStrangers(): Check[] {
  return Object.entries(CONDITIONS).map(([table, columns]) => {
    const counts = Object.entries(columns).map(
      ([column, condition]) => `count(*) filter (where not (${condition})) as "${table}.${column}"`,
    )
    return {
      query: `select ${counts.join(', ')} from "${table}"`,
      says: `Rows of ${table} hold values outside of what will be allowed: ${Object.values(columns).join('; ')}. Correct them, then run this again.`,
    }
  })
}

function alterTables(clause: (check: string, condition: string) => string): string[] {
  return Object.entries(CONDITIONS).map(([table, columns]) => {
    const clauses = Object.entries(columns).map(([column, condition]) =>
      clause(`${table}_${column}_check`, condition),
    )
    return `alter table "${table}" ${clauses.join(', ')}`
  })
}
