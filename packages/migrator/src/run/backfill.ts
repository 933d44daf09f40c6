import { fillInBatches } from '../backfill/fill.ts'
import { beginBackfill } from '../backfill/tables.ts'
import { planWalk } from '../backfill/walk.ts'
import type { Backfill } from '../migration.ts'
import type { Segment } from '../plan/segments.ts'
import type { SegmentContext } from './context.ts'

/**
 * Begins a backfill, or goes on with it, until no row remains; other workers may share it. Returns how many rows this one
 * has changed. Throws what `fillInBatches` throws.
 */
export async function runBackfill(
  { migration, checksum, index: segment }: Segment,
  { session, actor, onEvent }: SegmentContext,
  backfill: Backfill,
): Promise<number> {
  const { client, limits } = session
  const { estimate } = await planWalk(client, migration, backfill)
  const key = { ledger: actor.ledger, migration, checksum }
  await beginBackfill(client, key, estimate)
  return fillInBatches(backfill, { client, key, segment, limits, onEvent })
}
