import type { KeptRow } from '../events.ts'
import type { ReferenceRow } from '../project/reference-table.ts'
import type { BaseRow } from './base.ts'
import type { FoundRow } from './compare.ts'
import { decide, type Decision } from './decide.ts'
import { columnsOf, keyText, type Merged } from './prepare.ts'
import { invalid } from './target.ts'

/** A row with what becomes of it. */
export interface WorkRow {
  readonly table: Merged
  readonly found: FoundRow
  readonly decision: Decision
  /** Shipped now, and shipped last time. */
  readonly ours: ReferenceRow | undefined
  readonly base: BaseRow | undefined
  /** The key by which it is found; once it is written, the one that was stored. */
  key: ReferenceRow
  outcome: 'open' | 'done' | 'referenced' | 'refused'
}

/** Throws REFERENCE_DATA_INVALID where a key is shipped twice. */
export function toWork(table: Merged, found: FoundRow, mayComeBack: boolean): WorkRow {
  const base = found.base === undefined ? undefined : table.base[found.base]
  const ours = found.ours === undefined ? undefined : table.ours.rows[found.ours]
  const row = base ? { ...base.shipped, ...base.stored } : (ours ?? {})
  if (found.isDuplicate)
    throw invalid(table.target.label, `Two rows have the key ${keyText(table.ours, ours ?? row)}.`)
  const key = Object.fromEntries(table.ours.key.map((name) => [name, row[name] ?? null]))
  const decision = decide(found, columnsOf(table.ours), mayComeBack)
  const outcome = decision.action === 'none' ? 'done' : 'open'
  return { table, found, decision, ours, base, key, outcome }
}

/** What is not as it is shipped, and why. */
export function keptOf({ table, decision, outcome, key }: WorkRow): KeptRow[] {
  const place = { table: table.target.label, key: keyText(table.ours, key) }
  const failed = outcome === 'referenced' || outcome === 'refused' ? [{ reason: outcome }] : []
  return [...decision.kept, ...failed].map((one) => ({ ...place, ...one }))
}

/** A line of what was changed. */
export function changeOf({ table, decision: { action }, outcome, key }: WorkRow): string[] {
  if (action === 'none' || outcome !== 'done') return []
  return [`${table.target.label} ${keyText(table.ours, key)}: ${CHANGES[action]}`]
}

const CHANGES = { insert: 'inserted', update: 'updated', remove: 'removed' } as const
