import { loadVerified, openProject } from '../project/open.ts'
import {
  diffBesidesPartitions,
  fingerprint,
  type Catalog,
  type Difference,
} from '../catalog/index.ts'
import type { DatabaseState } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import type { Migration } from '../migration.ts'
import { judgeDrift } from '../drift/plan-drift.ts'
import { unrecorded } from '../plan/integrity.ts'
import { expectedCatalogPath, readSnapshotFile } from '../project/expected-catalog.ts'
import { type OpenProject, type Project } from '../project/project.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { renderDrift } from '../drift/drift.ts'
import { writeLedger } from '../journal/ledger.ts'
import { ensureBookkeeping } from '../journal/bookkeeping.ts'
import { appendEntry, writerOf } from '../journal/journal.ts'
import { journalledMigration, journalledStatements } from '../journal/journalled.ts'
import { readWatched, recordCatalog } from '../drift/recorded-schema.ts'
import { inTransaction } from '../session/transaction.ts'
import { withSession, type Session } from '../session/session.ts'
import { readState } from '../journal/state.ts'

/**
 * What a person asks to be recorded of a migration:
 * - `applied`: that its effect is there, though no run has made it.
 * - `not-applied`: that its effect is not there, though the journal has it as applied, and the ledger not.
 * - `checksum`: that its text as it is now is what was applied.
 */
export interface RepairRequest {
  readonly migration: string
  readonly record: 'applied' | 'not-applied' | 'checksum'
  /** For the journal. */
  readonly reason: string
  /** The schema as it is to be; by default what the project keeps for the state after the newest migration applied. */
  readonly expected?: Catalog
}

export interface RepairReport {
  /** Differences to what is expected that do no harm: grants, storage, what is somebody else's. */
  readonly differences: readonly Difference[]
}

/**
 * Records what a person says of a migration, where the schema bears it out.
 * Throws TARGET_UNKNOWN, REPAIR_REFUSED, EXPECTED_UNKNOWN, REPAIR_DIFFERS.
 */
export async function repair(
  project: Project,
  connection: DatabaseTarget,
  request: RepairRequest,
): Promise<RepairReport> {
  const locked = await openProject(project)
  const loaded = await loadVerified(project, locked)
  try {
    const { migration } =
      loaded.migrations.find((one) => one.migration.name === request.migration) ?? {}
    if (!migration) {
      const known = locked.manifest.migrations.map(({ name }) => name)
      throw failure('TARGET_UNKNOWN', { target: request.migration, known })
    }
    return await withSession(connection, (session) =>
      repairIn(session, { project, locked, connection, migration, request }),
    )
  } finally {
    await loaded.close()
  }
}

interface Repair {
  readonly project: Project
  readonly locked: OpenProject
  readonly connection: DatabaseTarget
  readonly migration: Migration
  readonly request: RepairRequest
}

async function repairIn({ client }: Session, repair: Repair): Promise<RepairReport> {
  const { locked, connection, migration, request } = repair
  const { ledger } = locked.manifest
  const state = await readState(client, ledger)
  const newest = refuseUnlessOpen(locked, state, request)
  const now = await readWatched(client, ledger, state.exists)
  if ('unreadable' in now) {
    throw failure('REPAIR_REFUSED', { name: migration.name, reason: now.unreadable })
  }
  const differences = await compare(now, newest, state, repair)
  if (request.record === 'not-applied') await requireAbsence(now, newest, repair)
  await ensureBookkeeping(client, connection.actor, ledger, state)
  const writer = writerOf(connection.actor, state)
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

/** Returns the newest of the migrations that are applied once this one is recorded; '' if none. Throws REPAIR_REFUSED. */
function refuseUnlessOpen(
  { manifest }: OpenProject,
  state: DatabaseState,
  { migration: name, record }: RepairRequest,
): string {
  const refuse = (reason: string) => failure('REPAIR_REFUSED', { name, reason })
  const applied = new Set(state.ledger.map((row) => row.name))
  const names = manifest.migrations.map((one) => one.name)
  const lost = unrecorded(manifest.migrations, state).map((one) => one.name)
  if (record === 'applied') {
    if (applied.has(name)) throw refuse('it is applied already')
    const before = names.slice(0, names.indexOf(name)).find((one) => !applied.has(one))
    if (before !== undefined) throw refuse(`${before} comes before it, and is not applied`)
    // The work of later ones that the ledger has lost as well is there too.
    return lost.at(-1) ?? name
  }
  if (record === 'not-applied') {
    if (!lost.includes(name)) {
      throw refuse('the journal does not have it as applied, or the ledger has it')
    }
    const after = lost.at(-1)
    if (after !== name) throw refuse(`${after} comes after it: say first what became of that`)
    const stands = (one: string) => applied.has(one) || lost.includes(one)
    return names.slice(0, names.indexOf(name)).findLast(stands) ?? ''
  }
  const known = manifest.migrations.find((one) => one.name === name)
  const last = state.completed.get(name)
  if (!applied.has(name) || !last || last.checksum === known?.checksum) {
    throw refuse('what was applied is not known to be another text')
  }
  return names.findLast((one) => applied.has(one)) ?? name
}

/** Throws EXPECTED_UNKNOWN, REPAIR_DIFFERS. */
async function compare(
  now: Catalog,
  newest: string,
  { unmanaged }: DatabaseState,
  { project, migration: { name }, request }: Repair,
): Promise<readonly Difference[]> {
  const expected = await expectedAfter(newest, { project, request })
  if (!expected) {
    const path = expectedCatalogPath(project, newest)
    throw failure('EXPECTED_UNKNOWN', { name, newest, path })
  }
  const nothing = { direction: 'up', migrations: [] } as const
  const { differences, grave } = judgeDrift(
    diffBesidesPartitions(now, expected),
    expected,
    unmanaged,
    nothing,
  )
  if (grave.length === 0) return differences
  throw failure('REPAIR_DIFFERS', {
    name,
    difference: renderDrift(grave, 'what is expected'),
    differences: grave,
  })
}

async function expectedAfter(
  newest: string,
  { project, request }: Pick<Repair, 'project' | 'request'>,
): Promise<Catalog | undefined> {
  if (request.expected || newest === '') return request.expected ?? { objects: [] }
  return readSnapshotFile(expectedCatalogPath(project, newest))
}

/**
 * That a schema is what it was before a migration proves nothing where the migration leaves it as it is: it may have
 * changed data. And nothing of what it makes may be there beside that.
 * Throws REPAIR_REFUSED, REPAIR_DIFFERS.
 */
async function requireAbsence(now: Catalog, newest: string, repair: Repair): Promise<void> {
  const { project, migration } = repair
  const { name } = migration
  const before = await expectedAfter(newest, repair)
  const after = await readSnapshotFile(expectedCatalogPath(project, name))
  const made = before && after && diffBesidesPartitions(after, before)
  if (made?.length === 0) {
    const reason = `it changes data alone, so the schema cannot say that it did not. `
    throw failure('REPAIR_REFUSED', { name, reason })
  }
  const isOfIt = ({ identity }: Difference) =>
    made === undefined || made.some((one) => one.identity === identity)
  const left = diffBesidesPartitions(now, before ?? { objects: [] }).filter(isOfIt)
  if (left.length === 0) return
  const difference = renderDrift(left, 'what was before it')
  throw failure('REPAIR_DIFFERS', { name, difference, differences: left })
}
