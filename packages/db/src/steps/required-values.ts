/**
 * What the three migrations share that make 44 columns NOT NULL without a scan under a strong lock: a CHECK that binds new
 * rows only, its validation under a weak lock, then SET NOT NULL, which believes the valid CHECK and reads no row.
 *
 * Frozen with those migrations: their checksums are made of it. Every statement can be run again after a run that stopped
 * half-way, and each is one table in a transaction of its own, so that nobody waits for more than one table at a time.
 */
import type { Check } from '@techfacts/migrator'

const REQUIRED = {
  projects: ['is_template', 'is_active', 'created_at', 'updated_at'],
  sources: ['project_id', 'metadata', 'outbound_links', 'status', 'created_at'],
  extractions: ['project_id', 'source_id', 'extracted_at', 'created_at'],
  entities: ['project_id', 'attributes', 'created_at'],
  extraction_entities: ['extraction_id', 'entity_id', 'role', 'created_at'],
  pages: ['scraped_at', 'status', 'metadata', 'created_at', 'updated_at'],
  facts: ['page_id', 'extracted_at', 'metadata', 'created_at'],
  jobs: ['status', 'priority', 'created_at'],
  profiles: ['is_builtin', 'created_at', 'updated_at'],
  reports: ['source_groups', 'categories', 'extraction_ids', 'format', 'metadata', 'created_at'],
  rate_limits: ['request_count', 'daily_count', 'daily_reset_at'],
}

export const addChecks = () =>
  alterTables(
    (column, check) =>
      `drop constraint if exists "${check}", add constraint "${check}" check ("${column}" is not null) not valid`,
  )

export const validateChecks = () => alterTables((_, check) => `validate constraint "${check}"`)

export const dropChecks = () => alterTables((_, check) => `drop constraint if exists "${check}"`)

export const setNotNull = () => alterTables((column) => `alter column "${column}" set not null`)

export const dropNotNull = () => alterTables((column) => `alter column "${column}" drop not null`)

/** Counts the NULLs that stand in the way, a column each, all as of one moment. */
export function noNulls(): Check[] {
  const counts = Object.entries(REQUIRED).map(([table, columns]) => {
    const nulls = columns.map((column) => `count(*) - count("${column}") as "${table}.${column}"`)
    return `(select ${nulls.join(', ')} from "${table}") as "${table}"`
  })
  return [
    {
      query: `select * from ${counts.join(', ')}`,
      says: 'These columns will require a value, and some rows hold NULL there. Give them one, then run this again.',
    },
  ]
}

function alterTables(clause: (column: string, check: string) => string): string[] {
  return Object.entries(REQUIRED).map(([table, columns]) => {
    // Not `…_not_null`: that is what PostgreSQL 18 calls the NOT NULL constraint itself.
    const clauses = columns.map((column) => clause(column, `${table}_${column}_is_set`))
    return `alter table "${table}" ${clauses.join(', ')}`
  })
}
