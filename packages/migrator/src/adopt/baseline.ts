import type { Inspection } from './adoption-plan.ts'
import { fingerprint, renderDifferences, type Catalog } from '../catalog/index.ts'
import type { AdoptionRecord, DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import type { Migration } from '../migration.ts'
import { segmentsOf, type Segment } from '../plan/segments.ts'
import { readApplicationCatalog } from '../drift/application-catalog.ts'
import type { SegmentContext } from '../run/context.ts'
import { asMigrator } from '../session/author.ts'
import { keepProcessAlive } from '../session/keep-alive.ts'
import { writeLedger } from '../journal/ledger.ts'
import { appendEntry } from '../journal/journal.ts'
import { noticeBook } from '../run/notices.ts'
import { runSegment } from '../run/segment.ts'
import { checksum } from '../sql/checksum.ts'
import { readStatements } from '../sql/read-statement.ts'
import { compare, without } from './classify.ts'
import { ADOPTION, shapeOf } from './facts.ts'
import { withoutForeignLedgers } from './foreign-ledgers.ts'
import type { Yardstick } from './yardstick.ts'
import type { Knowledge } from './knowledge.ts'
import { journalledMigration, journalledStatements } from '../journal/journalled.ts'

/**
 * Brings a database to a state of ours and records it as such, in one transaction: what has to be reconciled, the
 * bridge, the repairs, then the comparison with what that state should be, journal and ledger. Either all of it is
 * there afterwards or nothing is, and nobody can have changed the schema in between.
 * Throws ADOPTION_DIFFERS, BRIDGE_UNUSABLE, and what `runSegment` throws.
 */
export async function recordBaseline(
  { plan }: Inspection,
  yardstick: Yardstick,
  context: Omit<SegmentContext, 'definition' | 'notices'>,
): Promise<void> {
  const shape = shapeOf(plan)
  const segment = await segmentOf(plan.statements, shape)
  const migrations = yardstick.loaded.migrations
    .map(({ migration }) => migration)
    .filter(({ name }) => plan.recorded.includes(name) && !plan.isOurs)
  const record = async () => {
    const { client } = context.session
    const { ledger } = yardstick.locked.manifest
    const catalog = await readApplicationCatalog(client, ledger)
    const expected = stateAt(yardstick.knowledge, plan.recorded.length)
    if (expected) refuseDifference(catalog, expected, plan.extras, shape)
    for (const name of plan.unbelieved) {
      await writeLedger(client, context.ledgerTable, { direction: 'down', migration: name })
    }
    for (const migration of migrations)
      await recordMigration(migration, context, fingerprint(catalog))
  }
  const { client } = context.session
  const run = async () => {
    // It is no code of others: its queries keep the process alive.
    keepProcessAlive(client, true)
    await asMigrator(client, record)
  }
  const notices = noticeBook(segment.migration, context.onEvent)
  await runSegment({ ...segment, run }, { ...context, definition: undefined, notices })
}

/** The facts of an adoption, as the journal keeps them from its beginning. */
export function recordOf({ plan }: Inspection, { reconciliation }: Yardstick): AdoptionRecord {
  const decided = plan.problems.flatMap(({ name, decision }) =>
    decision === undefined ? [] : [[name, decision] as const],
  )
  return {
    knownSchema: shapeOf(plan),
    fingerprint: plan.fingerprint,
    decisions: Object.fromEntries(decided),
    counts: Object.fromEntries(plan.problems.map(({ name, count }) => [name, count])),
    unmanaged: plan.extras,
    ...(reconciliation && { reconciliation: reconciliation.statements }),
    ...(plan.unbelieved.length > 0 && { contradicted: plan.unbelieved }),
    ...(plan.ledgers.length > 0 && { ledgers: plan.ledgers }),
  }
}

/** Holds a catalog against an expected one, beside what was recorded as not known. Throws ADOPTION_DIFFERS. */
export function refuseDifference(
  catalog: Catalog,
  expected: Catalog,
  extras: readonly string[],
  shape: string,
  after = 'Everything was rolled back.',
): void {
  const live = without(withoutForeignLedgers(catalog).catalog, new Set(extras))
  const { differences, renames } = compare(live, expected)
  if (differences.length === 0 && renames.length === 0) return
  const names = { here: 'this database', there: 'the expected schema' }
  const difference =
    renderDifferences([...differences], names) +
    renames.map(({ kind, from, to }) => `  ${kind} ${from} should be called ${to}\n`).join('')
  throw failure('ADOPTION_DIFFERS', { expected: shape, difference, after })
}

/** True where the first transaction of an adoption stands that has not come to its end. */
export function hasBaseline({ adopting, unfinished }: DatabaseState): boolean {
  const entries = unfinished.get(ADOPTION) ?? []
  return adopting !== undefined && entries.some(({ event }) => event === 'done')
}

/** The catalog after so many migrations; of none nothing is expected. */
function stateAt({ shapes }: Knowledge, revision: number): Catalog | undefined {
  return shapes.find((one) => !one.isLegacy && one.revision === revision)?.catalog
}

async function segmentOf(statements: readonly string[], shape: string): Promise<Segment> {
  const read = (await Promise.all(statements.map((sql) => readStatements(sql, true)))).flat()
  const unusable = read.find(({ boundary }) => boundary !== 'shared')
  if (unusable) throw failure('BRIDGE_UNUSABLE', { shape, statement: unusable.sql })
  const adoption: Migration = {
    name: ADOPTION,
    phase: 'contract',
    transactional: true,
    up: { kind: 'sql', statements: read },
    down: { kind: 'none', reason: 'an adoption is not taken back' },
    requires: [],
    ensures: [],
    downRequires: [],
    checksum: checksum(read.map((statement) => statement.checksum)),
  }
  const [segment] = segmentsOf(adoption, 'up', [...read.keys()])
  // Not the last: the ledger is written for the migrations, and not for the adoption.
  return { ...(segment as Segment), isLast: false, isLongRunning: true }
}

/** As if it had run here, so that it can be taken back like any other. */
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
