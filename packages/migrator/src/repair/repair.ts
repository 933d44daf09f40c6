import type { ClientBase } from 'pg'
import { chainOf } from '../project/chain-of.ts'
import { listEntries } from '../project/manifest.ts'
import { loadVerified, openProject } from '../project/open.ts'
import {
  diffBesidesPartitions,
  fingerprint,
  fingerprintObject,
  type Catalog,
  type Difference,
} from '../catalog/index.ts'
import type { DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import type { Migration } from '../migration.ts'
import { judgeDrift } from '../drift/plan-drift.ts'
import { refuseOtherLedger, unrecorded } from '../plan/integrity.ts'
import { catalogAfter } from '../project/catalog-after.ts'
import { type OpenProject, type Project } from '../project/project.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { renderDrift } from '../drift/render-drift.ts'
import { writeLedger } from '../journal/ledger.ts'
import { ensureBookkeeping } from '../journal/bookkeeping.ts'
import { appendEntry, toWriter } from '../journal/journal.ts'
import { journalledMigration, journalledStatements } from '../journal/journalled.ts'
import { readKept, readWatched, recordCatalog } from '../drift/recorded-schema.ts'
import { inTransaction } from '../session/transaction.ts'
import { withSession, type Session } from '../session/session.ts'
import { readState } from '../journal/state.ts'

/**
 * What a person states about a migration:
 * - `applied`: its effect exists, although no run has applied it.
 * - `not-applied`: its effect does not exist. The journal has it as applied, the ledger does not.
 * - `checksum`: its present text is what was applied.
 */
export interface RepairRequest {
  readonly migration: string
  readonly record: 'applied' | 'not-applied' | 'checksum'
  /** Why; the journal keeps it. */
  readonly reason: string
  /** The expected schema; by default the project's snapshot after the newest applied migration. */
  readonly expected?: Catalog
}

export interface RepairReport {
  /** Harmless differences from the expected schema: grants, storage, unmanaged objects. */
  readonly differences: readonly Difference[]
}

/**
 * Records what a person states about a migration, if the schema confirms it.
 * Throws TARGET_UNKNOWN, REPAIR_REFUSED, EXPECTED_UNKNOWN, REPAIR_DIFFERS.
 * @example
 * await repair(project, target, { migration: 'Migration1', record: 'applied', reason: 'run by hand' })
 */
export async function repair(
  project: Project,
  database: DatabaseTarget,
  request: RepairRequest,
): Promise<RepairReport> {
  const opened = await openProject(project)
  const all = listEntries(opened.manifest)
  const { squashed: _, ...manifest } = opened.manifest
  const loaded = await loadVerified(project, {
    ...opened,
    manifest: { ...manifest, migrations: all },
  })
  try {
    const { migration } =
      loaded.migrations.find((one) => one.migration.name === request.migration) ?? {}
    if (!migration) {
      const known = all.map(({ name }) => name)
      throw failure('TARGET_UNKNOWN', { target: request.migration, known })
    }
    return await withSession(database, (session) =>
      recordRepair(session, { project, opened, database, migration, request }),
    )
  } finally {
    await loaded.close()
  }
}

interface Repair {
  readonly project: Project
  readonly opened: OpenProject
  readonly database: DatabaseTarget
  readonly migration: Migration
  readonly request: RepairRequest
}

async function recordRepair({ client }: Session, repair: Repair): Promise<RepairReport> {
  const { database, migration, request } = repair
  const { ledger } = repair.opened.manifest
  const { opened, state } = chainOf(repair.opened, await readState(client, ledger), 'up')
  refuseOtherLedger(opened.manifest.migrations, state)
  const newest = newestAfterRepair(opened, state, request)
  const now = await readWatched(client, ledger, state.exists)
  if ('unreadable' in now) {
    throw failure('REPAIR_REFUSED', { name: migration.name, reason: now.unreadable })
  }
  const accepted = await findAccepted(client, state, repair)
  const differences = await compareWithExpected(now, newest, { state, accepted, repair })
  if (request.record === 'not-applied') await requireAbsence(now, newest, repair)
  await ensureBookkeeping(client, database.actor, ledger, state)
  const writer = toWriter(database.actor, state)
  const direction = request.record === 'not-applied' ? 'down' : 'up'
  const of = { migration: migration.name, direction, phase: migration.phase } as const
  await inTransaction(client, async () => {
    await appendEntry(client, writer, {
      ...of,
      event: 'repaired',
      final: true,
      checksum: migration.checksum,
      statements: journalledStatements(migration),
      definition: journalledMigration(migration),
      fingerprint: fingerprint(now),
      note: request.reason,
      facts: { recorded: request.record, differences: differences.map(({ identity }) => identity) },
    })
    await writeLedger(client, state.ledgerTable, of)
  })
  const { unmanaged } = state
  await recordCatalog(client, writer, ledger, { migration: newest, unmanaged })
  return { differences }
}

/** The newest migration that is applied after the repair; '' for none. Throws REPAIR_REFUSED. */
function newestAfterRepair(
  { manifest }: OpenProject,
  state: DatabaseState,
  { migration: name, record }: RepairRequest,
): string {
  const refuse = (reason: string) => failure('REPAIR_REFUSED', { name, reason })
  const applied = new Set(state.ledger.map((row) => row.name))
  const names = manifest.migrations.map((one) => one.name)
  const unrecordedNames = unrecorded(manifest.migrations, state).map((one) => one.name)
  if (record === 'applied') {
    if (applied.has(name)) throw refuse('it is applied already')
    const before = names.slice(0, names.indexOf(name)).find((one) => !applied.has(one))
    if (before !== undefined) throw refuse(`${before} comes before it and is not applied`)
    // Later migrations that the ledger lacks are in the schema too.
    return unrecordedNames.at(-1) ?? name
  }
  if (record === 'not-applied') {
    if (!unrecordedNames.includes(name)) {
      throw refuse(
        'only a migration that the journal has as applied, and the ledger lacks, can be recorded as not applied',
      )
    }
    const after = unrecordedNames.at(-1)
    if (after !== name) throw refuse(`${after} comes after it: repair that one first`)
    const isApplied = (one: string) => applied.has(one) || unrecordedNames.includes(one)
    return names.slice(0, names.indexOf(name)).findLast(isApplied) ?? ''
  }
  const known = manifest.migrations.find((one) => one.name === name)
  const last = state.completed.get(name)
  if (!applied.has(name) || !last || last.checksum === known?.checksum) {
    throw refuse('its file and the applied text are not known to differ')
  }
  return names.findLast((one) => applied.has(one)) ?? name
}

interface Known {
  readonly state: DatabaseState
  readonly accepted: ReadonlySet<string>
  readonly repair: Repair
}

/** How the schema that the last run recorded differs from what the migrations make: that was accepted before. */
async function findAccepted(
  client: ClientBase,
  { catalog, ledger }: DatabaseState,
  { project, request }: Repair,
): Promise<ReadonlySet<string>> {
  // With another text the migration itself would be what differs.
  if (request.record !== 'applied' || request.expected || catalog === undefined) return new Set()
  const recorded = await readKept(client, catalog)
  const expected = await catalogAfter(project, ledger.at(-1)?.name ?? '')
  const found = recorded && expected ? diffBesidesPartitions(recorded, expected) : []
  return new Set(found.map(differenceKey))
}

/** The same for the same difference, however its objects were read. */
function differenceKey({ kind, identity, here, there }: Difference): string {
  return JSON.stringify([
    kind,
    identity,
    ...[here, there].map((one) => one && fingerprintObject(one)),
  ])
}

/** Throws EXPECTED_UNKNOWN, REPAIR_DIFFERS. */
async function compareWithExpected(
  now: Catalog,
  newest: string,
  { state, accepted, repair }: Known,
): Promise<readonly Difference[]> {
  const { project, migration, request } = repair
  const { name } = migration
  const expected = await readExpected(newest, { project, request })
  if (!expected) throw failure('EXPECTED_UNKNOWN', { name, newest })
  const noPlan = { direction: 'up', migrations: [] } as const
  const difference = diffBesidesPartitions(now, expected)
  const judged = judgeDrift(difference, expected, state.unmanaged, noPlan)
  const { differences } = judged
  const grave = judged.grave.filter((one) => !accepted.has(differenceKey(one)))
  if (grave.length === 0) return differences
  throw failure('REPAIR_DIFFERS', {
    name,
    difference: renderDrift(grave, 'the expected schema'),
    differences: grave,
  })
}

async function readExpected(
  newest: string,
  { project, request }: Pick<Repair, 'project' | 'request'>,
): Promise<Catalog | undefined> {
  if (request.expected || newest === '') return request.expected ?? { objects: [] }
  return catalogAfter(project, newest)
}

/**
 * Requires that nothing of what a migration makes exists. Refuses one that makes nothing: it changes data, of which the
 * schema proves nothing.
 * Throws REPAIR_REFUSED, REPAIR_DIFFERS.
 */
async function requireAbsence(now: Catalog, newest: string, repair: Repair): Promise<void> {
  const { project, migration } = repair
  const { name } = migration
  const before = await readExpected(newest, repair)
  const after = await catalogAfter(project, name)
  const made = before && after && diffBesidesPartitions(after, before)
  if (made?.length === 0) {
    const reason = 'it changes only data, so the schema cannot show whether it is applied. '
    throw failure('REPAIR_REFUSED', { name, reason })
  }
  const isItsWork = ({ identity }: Difference) =>
    made === undefined || made.some((one) => one.identity === identity)
  const differences = diffBesidesPartitions(now, before ?? { objects: [] }).filter(isItsWork)
  if (differences.length === 0) return
  const difference = renderDrift(differences, 'the schema before it')
  throw failure('REPAIR_DIFFERS', { name, difference, differences })
}
