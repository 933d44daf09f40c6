import { quoteName } from '../sql/quote-name.ts'
import { appliedQuery, backfillsQuery, driftQuery, SERVICES_QUERY } from './history-queries.ts'
import { expandSquashes, type GateManifest, type RequiredMigration } from './judge-gate.ts'
import { buildsByRevision, type ChainedManifest } from './revision.ts'

/** A migration that the ledger has. */
export interface AppliedMigration {
  readonly name: string
  /** ISO 8601. */
  readonly appliedAt: string
  /** Null where the journal has none: another tool applied it. */
  readonly phase: string | null
  readonly durationMs: number | null
}

/** A contract step that is not applied, and the services that need the schema before it. */
export interface WaitingStep {
  readonly name: string
  /** As their sessions are called: `orders/1f0c5a7d93be`. */
  readonly neededBy: readonly string[]
}

/** How far a backfill is. */
export interface BackfillProgress {
  readonly migration: string
  readonly state: 'running' | 'paused' | 'done'
  /** From 1. More than one where rows remained after a walk through the table. */
  readonly pass: number
  /** Rows of the table that the walk has passed, and rows that were changed. */
  readonly seen: number
  readonly changed: number
  /** Rows of the table, as its statistics say. */
  readonly estimate: number
  readonly beganAt: string
  readonly changedAt: string
}

/** What a service may know of the history of its schema. */
export interface SchemaHistory {
  /** In the order of the ledger; null where the role may not read them. */
  readonly applied: readonly AppliedMigration[] | null
  /** Of this build, and not applied: those that expand. */
  readonly pending: readonly string[]
  readonly waiting: readonly WaitingStep[]
  /** Null where the role may not read them. */
  readonly backfills: readonly BackfillProgress[] | null
  /** When a person last let a run go on although the schema was not what the run before had left. */
  readonly driftAllowedAt: string | null
}

/** The part of `migrations.manifest.json` that the history needs. */
export type HistoryManifest = GateManifest & ChainedManifest

type Query = (sql: string) => Promise<readonly unknown[]>

/**
 * Reads for operators what a service's role may know of its schema's history: what `grantApplicationRole` gives it is
 * enough. What an older grant does not give, and what is not there, is null or empty.
 * Throws what `query` throws for other reasons.
 *
 * @example
 * const { pending } = await readHistory(manifest, async (sql) => (await client.query(sql)).rows)
 * console.log(pending)
 */
export async function readHistory(manifest: HistoryManifest, query: Query): Promise<SchemaHistory> {
  const ledger = quoteName(manifest.ledger.table, manifest.ledger.schema)
  const applied = await readAs<AppliedMigration & { isSquashed: boolean }>(
    query,
    appliedQuery(ledger),
  )
  const services = await readAs<string>(query, SERVICES_QUERY)
  const drift = await readAs<string>(query, driftQuery(ledger))
  const missing = findMissing(manifest, applied ?? [])
  return {
    applied: applied && applied.filter(({ isSquashed }) => !isSquashed).map(toApplied),
    pending: missing.filter((one) => !isContract(one)).map(({ name }) => name),
    waiting: missing.filter(isContract).map(({ name }) => ({
      name,
      neededBy: findNeeding(manifest, name, services ?? []),
    })),
    backfills: await readAs<BackfillProgress>(query, backfillsQuery(ledger)),
    driftAllowedAt: drift?.[0] ?? null,
  }
}

function toApplied({ name, appliedAt, phase, durationMs }: AppliedMigration): AppliedMigration {
  return { name, appliedAt, phase, durationMs }
}

function findMissing(
  { migrations, squashed = [] }: HistoryManifest,
  applied: readonly { readonly name: string }[],
): readonly RequiredMigration[] {
  const names = new Set(applied.map(({ name }) => name))
  return expandSquashes(migrations, names, squashed).filter(({ name }) => !names.has(name))
}

function isContract({ phase, contracts = false }: RequiredMigration): boolean {
  return phase === 'contract' || contracts
}

/** A build that this one does not know may not have the step either. */
function findNeeding(
  manifest: HistoryManifest,
  step: string,
  services: readonly string[],
): readonly string[] {
  const chains: ChainedManifest['migrations'] = manifest.migrations
  const names: GateManifest['migrations'] = manifest.migrations
  const builds = buildsByRevision(
    chains.map(({ chain }, place) => ({ chain, name: names[place]?.name ?? '' })),
  )
  return services.filter((service) => !builds.get(service.slice(-REVISION_DIGITS))?.has(step))
}

const REVISION_DIGITS = 12

/** The rows of a query that returns one text of JSON: how the service reads types is its own affair. */
async function readAs<T>(query: Query, sql: string): Promise<readonly T[] | null> {
  try {
    const [row] = (await query(sql)) as readonly { readonly found: string | null }[]
    return row?.found ? (JSON.parse(row.found) as T[]) : []
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === UNDEFINED_TABLE) return []
    if (code === INSUFFICIENT_PRIVILEGE) return null
    throw error
  }
}

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const UNDEFINED_TABLE = '42P01'
const INSUFFICIENT_PRIVILEGE = '42501'
