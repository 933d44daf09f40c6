import { failure } from '../errors.ts'
import type { DatabaseState } from '../database-state.ts'
import type { ReplacedMigration } from '../migration.ts'
import { rollupsIn } from './rollups.ts'

/** What integrity is judged by: from the lock file, or from the migrations themselves. */
export interface KnownMigration {
  readonly name: string
  readonly checksum: string
  /** What a rolled-up migration stands for. */
  readonly replaces?: readonly ReplacedMigration[]
}

/**
 * Holds the database's ledger and journal against the migrations at hand. Pure; returns the names that
 * are applied, in order. All parts of a rolled-up migration are as good as it.
 * Throws APPLIED_TWICE, APPLIED_UNKNOWN, LEDGER_INCOMPLETE, OUT_OF_ORDER, APPLIED_EDITED, ROLLUP_PARTIAL.
 */
export function verifyLedger(known: readonly KnownMigration[], state: DatabaseState): string[] {
  const rollups = rollupsIn(known, state)
  const parts = new Set(rollups.flatMap(({ replaces = [] }) => replaces.map(({ name }) => name)))
  const recorded = [
    ...state.ledger.map(({ name }) => name).filter((name) => !parts.has(name)),
    ...rollups.map(({ name }) => name),
  ]
  const applied = new Set(recorded)
  const twice = [...applied].filter((name) => recorded.filter((other) => other === name).length > 1)
  if (applied.size < recorded.length) {
    throw failure('APPLIED_TWICE', { ledger: state.ledgerTable, names: twice })
  }
  const names = new Set(known.map(({ name }) => name))
  const unknown = recorded.filter((name) => !names.has(name))
  if (unknown.length > 0) {
    const back = known.findLast(({ name }) => applied.has(name))?.name ?? 'base'
    throw failure('APPLIED_UNKNOWN', { names: unknown, back })
  }
  verifyComplete(known, applied, state)
  verifyOrder(known, applied)
  verifyChecksums(known, applied, state)
  return known.filter(({ name }) => applied.has(name)).map(({ name }) => name)
}

/**
 * Those that the journal has as applied, and the ledger not: somebody has deleted its rows, or has reverted them with
 * another tool. Pure.
 */
export function unrecorded<T extends Pick<KnownMigration, 'name'>>(
  known: readonly T[],
  { ledger, completed }: Pick<DatabaseState, 'ledger' | 'completed'>,
): T[] {
  const applied = new Set(ledger.map(({ name }) => name))
  return known.filter(({ name }) => !applied.has(name) && completed.get(name)?.direction === 'up')
}

/** Where nobody would miss anything, they are pending again. */
function verifyComplete(
  known: readonly KnownMigration[],
  applied: ReadonlySet<string>,
  state: DatabaseState,
): void {
  if (state.isDisposable) return
  const names = unrecorded(known, state).map(({ name }) => name)
  const lacking = names.filter((name) => !applied.has(name))
  const [first] = lacking
  const last = lacking.at(-1)
  if (first === undefined || last === undefined) return
  throw failure('LEDGER_INCOMPLETE', { ledger: state.ledgerTable, names: lacking, first, last })
}

function verifyOrder(known: readonly KnownMigration[], applied: ReadonlySet<string>): void {
  const lastApplied = known.findLastIndex(({ name }) => applied.has(name))
  const pending = known.slice(0, lastApplied + 1).filter(({ name }) => !applied.has(name))
  const after = known[lastApplied]?.name
  if (pending.length === 0 || after === undefined) return
  throw failure('OUT_OF_ORDER', { pending: pending.map(({ name }) => name), after })
}

function verifyChecksums(
  known: readonly KnownMigration[],
  applied: ReadonlySet<string>,
  state: DatabaseState,
): void {
  for (const { name, checksum } of known) {
    const last = state.completed.get(name)
    // What another tool applied has no checksum on record.
    if (!applied.has(name) || last?.direction !== 'up' || last.checksum === null) continue
    if (last.checksum !== checksum) {
      throw failure('APPLIED_EDITED', { name, applied: last.checksum, found: checksum })
    }
  }
}
