import type pg from 'pg'
import { failure } from '../errors/index.ts'
import { countChanges, type Capture } from './capture.ts'
import type { TakenAway } from './inventory.ts'

/** How many changes each capture has recorded, by table. */
export async function countCaptured(
  client: pg.ClientBase,
  captures: ReadonlyMap<string, Capture>,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const [oid, capture] of captures) counts.set(oid, await countChanges(client, capture))
  return counts
}

/** Throws LOSS_UNSEEN where a table lost more rows than its capture has seen: its triggers were disabled, or a part of it was none. */
export async function assertSeen(
  client: pg.ClientBase,
  captures: ReadonlyMap<string, Capture>,
  { changed }: TakenAway,
  before: ReadonlyMap<string, number>,
): Promise<void> {
  for (const [oid, rows] of changed) {
    const capture = captures.get(oid)
    if (!capture) continue
    const seen = (await countChanges(client, capture)) - (before.get(oid) ?? 0)
    if (seen < rows) {
      const { label, isPartitioned } = capture.table
      throw failure('LOSS_UNSEEN', { table: label, isPartitioned, rows: rows - seen })
    }
  }
}
