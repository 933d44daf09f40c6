import { diffBesidesPartitions, fingerprint, readMarker } from '../catalog/index.ts'
import type { DatabaseState, LedgerName } from '../database-state.ts'
import { failure } from '../errors/index.ts'
import { isKnown } from './is-known.ts'
import { renderDrift } from './render-drift.ts'
import { judgeDrift, type JudgedDrift } from './plan-drift.ts'
import type { Plan } from '../plan/plan.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { appendEntry, JOURNAL_FORMAT, toWriter } from '../journal/journal.ts'
import { readKept, readWatched, recordCatalog, recordMarker } from './recorded-schema.ts'
import type { FoundDrift } from './without-drift.ts'
import type { Session } from '../session/session.ts'
import { readState } from '../journal/state.ts'

/** What it takes to compare the schema between two runs. */
export interface DriftContext {
  readonly session: Session
  readonly database: Pick<DatabaseTarget, 'onEvent' | 'actor'>
  readonly ledger: LedgerName
  /** Identities of unmanaged objects. The run adds those that it finds. */
  readonly unmanaged: string[]
  /** The change marker of the schema where it is not the one on record, and the schema is. The run finds that out. */
  newMarker?: string
  readonly request: {
    readonly direction: Plan['direction']
    readonly allowDrift?: string
    readonly drift?: 'refuse' | 'report' | 'ignore'
  }
}

/** What differs, and where it was found. */
export interface Drift extends JudgedDrift, FoundDrift {}

/**
 * Before a run: compares the schema with what the last one left, and reports a difference. Undefined where
 * there is none, or where nobody can tell: the last run was interrupted, or it read schemas in another way.
 * Throws DRIFT on the way up, where a plan is to be run, and something has to be decided before.
 */
export async function detectDrift(
  watch: DriftContext,
  state: DatabaseState,
  plan?: () => Plan,
): Promise<Drift | undefined> {
  const { database, request } = watch
  if (isBlind(watch) || !isKnown(state.catalog)) return undefined
  const { allowDrift: allowed, direction } = request
  const drift = await findDrift(watch, state, plan?.() ?? { direction, migrations: [] })
  if (!drift) return undefined
  const { differences, grave } = drift
  watch.unmanaged.push(...drift.unmanaged)
  const mayRefuse = plan !== undefined && direction === 'up' && request.drift !== 'report'
  if (mayRefuse && grave.length > 0 && allowed === undefined) {
    throw failure('DRIFT', { difference: renderDrift(grave), differences: grave })
  }
  database.onEvent({ type: 'drift', differences, ...(allowed !== undefined && { allowed }) })
  return drift
}

/** Journals that a person wants the schema as it is. */
export async function allowDrift(
  { session, database }: DriftContext,
  state: DatabaseState,
  { differences }: JudgedDrift,
  reason: string,
): Promise<void> {
  await appendEntry(session.client, toWriter(database.actor, state), {
    event: 'drift-allowed',
    note: reason,
    facts: differences.map(({ kind, identity, what, changes }) => {
      const properties = changes.map(({ property }) => property)
      return { kind, identity, what, properties }
    }),
  })
}

/**
 * At the end of a run: journals what it leaves. Where that is what the journal has already (in `state`), a new marker
 * alone, after a restored dump or a newer version of this tool: the next run need not read the schema again. What the run
 * found as `drift`, and nobody accepts, is left out.
 */
export async function recordSchema(
  watch: DriftContext,
  { state, drift }: { readonly state?: DatabaseState; readonly drift?: Drift | undefined } = {},
): Promise<void> {
  const { session, database, ledger } = watch
  if (isBlind(watch)) return
  const now = state ?? (await readState(session.client, ledger))
  if (now.exists.format < JOURNAL_FORMAT) return
  const writer = toWriter(database.actor, now)
  const migration = now.ledger.at(-1)?.name
  if (isKnown(now.catalog)) {
    const { newMarker: changeMarker } = watch
    if (changeMarker === undefined) return
    const { catalog, unmanaged } = now
    return recordMarker(session.client, writer, { migration, catalog, changeMarker, unmanaged })
  }
  // The adoption names them with their kind.
  const kept = now.adopting?.unmanaged.map((one) => one.slice(one.indexOf(' ') + 1)) ?? []
  const unmanaged = [...now.unmanaged, ...kept, ...watch.unmanaged]
  await recordCatalog(session.client, writer, ledger, {
    unmanaged,
    migration,
    drift,
  })
}

async function findDrift(
  watch: DriftContext,
  { catalog: expected = '', changeMarker, unmanaged, exists }: DatabaseState,
  plan: Plan,
): Promise<Drift | undefined> {
  const { session, database, ledger } = watch
  const { client } = session
  // Before the reading: a change that comes between is then looked for.
  const marker = await readMarker(client)
  if (changeMarker === marker) return undefined
  const now = await readWatched(client, ledger, exists)
  if ('unreadable' in now) {
    database.onEvent({ type: 'catalog-unreadable', reason: now.unreadable })
    return undefined
  }
  if (fingerprint(now) === expected) {
    watch.newMarker = marker
    return undefined
  }
  const left = await readKept(client, expected)
  if (!left) {
    const reason = `the schema that the last run left, ${expected}, is not kept`
    database.onEvent({ type: 'catalog-unreadable', reason })
    return undefined
  }
  const differences = diffBesidesPartitions(now, left)
  if (differences.length === 0) return undefined
  return { ...judgeDrift(differences, left, unmanaged, plan), found: now, expected: left }
}

/** In a transaction of the caller's the schema is the caller's affair. */
function isBlind({ session, request }: DriftContext): boolean {
  return session.transaction !== undefined || request.drift === 'ignore'
}
