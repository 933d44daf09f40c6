import { fingerprint, renderDifferences, type Catalog } from '../catalog/index.ts'
import type { AdoptionRecord, DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import type { Migration } from '../migration.ts'
import { cutSegments, type Segment } from '../plan/segments.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import { appendEntry } from '../journal/journal.ts'
import { journalledMigration, journalledStatements } from '../journal/journalled.ts'
import { writeLedger } from '../journal/ledger.ts'
import type { SegmentContext } from '../run/context.ts'
import { noticeBook } from '../run/notices.ts'
import { runSegment } from '../run/segment.ts'
import { asMigrator } from '../session/author.ts'
import { keepProcessAlive } from '../session/keep-alive.ts'
import { checksum } from '../sql/checksum.ts'
import { readStatements } from '../sql/read-statement.ts'
import {
  ADOPTION,
  describeMatch,
  type AdoptionContext,
  type AdoptionPlan,
  type Inspection,
} from './adoption-plan.ts'
import type { KnownSchemas } from './known-schemas.ts'
import { compareSchemas, withoutObjects } from './match-schema.ts'
import { withoutOtherLedgers } from './other-ledgers.ts'

/**
 * Brings a database to the schema after a migration and records it as applied. One transaction runs the plan's
 * statements, compares the schema with the expected one, and writes journal and ledger: all of that commits or nothing
 * does, and nobody changes the schema in between.
 * Throws ADOPTION_DIFFERS, UPGRADE_UNUSABLE, and what `runSegment` throws.
 */
export async function recordBaseline(
  { plan }: Inspection,
  adoption: AdoptionContext,
  context: Omit<SegmentContext, 'definition' | 'notices'>,
): Promise<void> {
  const { client } = context.session
  const segment = await baselineSegment(plan.statements, describeMatch(plan))
  const notices = noticeBook(segment.migration, context.onEvent)
  const run = async () => {
    // These are the migrator's own queries: the process waits for them.
    keepProcessAlive(client, true)
    await asMigrator(client, () => recordAsApplied(plan, adoption, context))
  }
  await runSegment({ ...segment, run }, { ...context, definition: undefined, notices })
}

async function recordAsApplied(
  plan: AdoptionPlan,
  { loaded, opened, knownSchemas }: AdoptionContext,
  context: Omit<SegmentContext, 'definition' | 'notices'>,
): Promise<void> {
  const { client } = context.session
  const catalog = await readApplicationCatalog(client, opened.manifest.ledger)
  const expected = expectedAt(knownSchemas, plan.recorded.length)
  if (expected) refuseDifference(catalog, expected, plan.unmanaged, describeMatch(plan))
  for (const name of plan.contradicted) {
    await writeLedger(client, context.ledgerTable, { direction: 'down', migration: name })
  }
  if (plan.isRecorded) return
  for (const { migration } of loaded.migrations) {
    if (plan.recorded.includes(migration.name))
      await recordMigration(migration, context, fingerprint(catalog))
  }
}

/** The facts that the journal keeps of an adoption from its start. */
export function adoptionRecord(
  { plan }: Inspection,
  { reconciliation }: AdoptionContext,
): AdoptionRecord {
  const decided = plan.problems.flatMap(({ name, decision }) =>
    decision === undefined ? [] : [[name, decision] as const],
  )
  return {
    knownSchema: describeMatch(plan),
    fingerprint: plan.fingerprint,
    decisions: Object.fromEntries(decided),
    counts: Object.fromEntries(plan.problems.map(({ name, count }) => [name, count])),
    unmanaged: plan.unmanaged,
    ...(reconciliation && { reconciliation: reconciliation.statements }),
    ...(plan.contradicted.length > 0 && { contradicted: plan.contradicted }),
    ...(plan.otherLedgers.length > 0 && { ledgers: plan.otherLedgers }),
  }
}

/** Compares a catalog, without its unmanaged objects, with the expected one. Throws ADOPTION_DIFFERS. */
export function refuseDifference(
  catalog: Catalog,
  expected: Catalog,
  unmanaged: readonly string[],
  schema: string,
  after = 'Everything was rolled back.',
): void {
  const live = withoutObjects(withoutOtherLedgers(catalog).catalog, new Set(unmanaged))
  const { differences, renames, promotions } = compareSchemas(live, expected)
  if (differences.length + renames.length + promotions.length === 0) return
  const names = { here: 'this database', there: 'the expected schema' }
  const difference =
    renderDifferences([...differences], names) +
    renames.map(({ kind, from, to }) => `  ${kind} ${from} should be called ${to}\n`).join('') +
    promotions
      .map(
        ({ index, constraint }) => `  index ${index} should be of the constraint ${constraint}\n`,
      )
      .join('')
  throw failure('ADOPTION_DIFFERS', { expected: schema, difference, after })
}

/** True where the first transaction of an unfinished adoption has committed. */
export function hasBaseline({ adopting, unfinished }: DatabaseState): boolean {
  const entries = unfinished.get(ADOPTION) ?? []
  return adopting !== undefined && entries.some(({ event }) => event === 'done')
}

/** The expected catalog after so many migrations; undefined for none. */
function expectedAt({ schemas }: KnownSchemas, revision: number): Catalog | undefined {
  return schemas.find((one) => !one.isLegacy && one.revision === revision)?.catalog
}

async function baselineSegment(statements: readonly string[], schema: string): Promise<Segment> {
  const read = (await Promise.all(statements.map((sql) => readStatements(sql, true)))).flat()
  const unusable = read.find(({ boundary }) => boundary !== 'shared')
  if (unusable) throw failure('UPGRADE_UNUSABLE', { schema, statement: unusable.sql })
  const adoption: Migration = {
    name: ADOPTION,
    phase: 'contract',
    transactional: true,
    up: { kind: 'sql', statements: read },
    down: { kind: 'none', reason: 'an adoption cannot be reverted' },
    requires: [],
    ensures: [],
    downRequires: [],
    checksum: checksum(read.map((statement) => statement.checksum)),
  }
  const [segment] = cutSegments(adoption, 'up', [...read.keys()])
  // Not the last: the ledger gets the migrations, not the adoption.
  return { ...(segment as Segment), isLast: false, isLongRunning: true }
}

/** Records a migration as if it had run here, so that it can be reverted like any other. */
async function recordMigration(
  migration: Migration,
  { session, actor, ledgerTable }: Omit<SegmentContext, 'definition' | 'notices'>,
  print: string,
): Promise<void> {
  const { name, phase } = migration
  const of = {
    migration: name,
    direction: 'up',
    phase,
    segment: 1,
    segments: 1,
    mode: 'transaction',
    checksum: migration.checksum,
    note: 'its effect was there: adopted',
  } as const
  const statements = journalledStatements(migration)
  const definition = journalledMigration(migration)
  await appendEntry(session.client, actor, { ...of, event: 'started', statements, definition })
  await appendEntry(session.client, actor, {
    ...of,
    event: 'done',
    final: true,
    statements,
    fingerprint: print,
  })
  await writeLedger(session.client, ledgerTable, { direction: 'up', migration: name })
}
