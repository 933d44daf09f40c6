import type { Client } from 'pg'
import { fillInBatches } from '../backfill/fill.ts'
import { beginBackfill, type BackfillKey } from '../backfill/tables.ts'
import { planWalk, type Walk } from '../backfill/walk.ts'
import type { Writer } from '../journal/journal.ts'
import type { Backfill, Migration } from '../migration.ts'
import { findBackfill, listStatements } from '../plan/progress.ts'
import type { Segment } from '../plan/segments.ts'
import type { SegmentContext } from './context.ts'

/**
 * Begins a backfill, or goes on with it, until no row remains; other workers may share it. Returns how many rows all of
 * them have changed. Throws BACKFILL_KEY, and what `fillInBatches` throws.
 */
export async function runBackfill(
  { migration, checksum, index: segment }: Segment,
  { session, actor, onEvent }: SegmentContext,
  backfill: Backfill,
): Promise<number> {
  const { client, limits } = session
  const key = { ledger: actor.ledger, migration, checksum }
  const walk = await begin(client, key, backfill)
  return fillInBatches(walk, { client, key, segment, limits, onEvent })
}

/** Begins the backfill of a migration, for workers to find. Throws BACKFILL_KEY. */
export async function beginForWorkers(
  client: Client,
  { ledger }: Writer,
  { name: migration, checksum, up }: Migration,
): Promise<void> {
  const backfill = findBackfill(listStatements(up))
  if (backfill) await begin(client, { ledger, migration, checksum }, backfill)
}

async function begin(client: Client, key: BackfillKey, backfill: Backfill): Promise<Walk> {
  const walk = await planWalk(client, key.migration, backfill)
  await beginBackfill(client, key, walk.estimate)
  return walk
}
