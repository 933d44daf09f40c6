import { escapeLiteral } from 'pg'
import type { Check } from '../migration.ts'
import { createLedger, ledgerStatement } from '../journal/ledger.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { LedgerName } from '../database-state.ts'
import type { Plan, PlannedMigration } from '../plan/plan.ts'
import { findBackfill } from '../plan/progress.ts'
import type { Segment } from '../plan/segments.ts'

/**
 * A plan as a script for psql: for review, and for a DBA who runs it by hand. It keeps MikroORM's ledger,
 * so that the migrator afterwards knows what is applied. Needs no database.
 *
 * A code migration has no text: it stands there as an error, since a script without it would be wrong.
 */
export function planScript(plan: Plan, ledger: LedgerName): string {
  const table = quoteName(ledger.table, ledger.schema)
  const names = plan.migrations.map(({ migration }) => escapeLiteral(migration.name)).join(', ')
  const isThere = plan.direction === 'up' ? 'exists' : 'not exists'
  return [
    `-- ${plan.migrations.length} migrations ${plan.direction}. Run with psql, as the owner, with no other run at work.`,
    '\\set ON_ERROR_STOP on',
    ...(ledger.schema === undefined
      ? []
      : [`create schema if not exists ${quoteName(ledger.schema)};`]),
    createLedger(table),
    ...(names === ''
      ? []
      : [
          raiseIf(
            `${isThere} (select from ${table} where name in (${names}))`,
            `the ledger ${plan.direction === 'up' ? 'already has some of' : 'has none of'} these migrations: make the script again`,
          ),
        ]),
    ...plan.migrations.map((planned) => migrationScript(planned, plan.direction, table)),
    '',
  ].join('\n')
}

function migrationScript(
  { migration, segments, resumes }: PlannedMigration,
  direction: Plan['direction'],
  table: string,
): string {
  const checks = direction === 'up' ? migration.requires : migration.downRequires
  return [
    `\n-- ${migration.name} (${migration.phase})`,
    ...(resumes ? [] : checks.map(checkScript)),
    ...segments.map((segment) => segmentScript(segment, table)),
  ].join('\n')
}

function segmentScript(segment: Segment, table: string): string {
  const ledger = `${ledgerStatement(table, segment)};`
  const body = [
    ...segment.settings.map((sql) => `${sql};`),
    ...(segment.run
      ? [raiseIf('true', `${segment.migration} runs code: run it with the migrator`)]
      : []),
    ...segment.statements.map(({ sql }) => `${sql};`),
    ...segment.ensures.map(checkScript),
  ]
  const isBatched = findBackfill(segment.statements) !== undefined
  const how = isBatched ? ', which a run does in batches' : ', outside a transaction'
  const heading = `-- segment ${segment.index} of ${segment.of}${segment.mode === 'outside' ? how : ''}`
  if (segment.mode === 'outside')
    return [heading, ...body, ...(segment.isLast ? [ledger] : [])].join('\n')
  const timeout = `set local lock_timeout = '50ms';`
  return [heading, 'begin;', timeout, ...body, ...(segment.isLast ? [ledger] : []), 'commit;'].join(
    '\n',
  )
}

function checkScript({ query, says }: Check): string {
  return raiseIf(
    `exists (select from (${query}) as checked, jsonb_each(to_jsonb(checked)) as claim
              where claim.value not in ('0', 'true'))`,
    says,
  )
}

function raiseIf(condition: string, message: string): string {
  const body = `begin if ${condition} then raise exception '%', ${escapeLiteral(message)}; end if; end`
  return `do ${escapeLiteral(body)};`
}
