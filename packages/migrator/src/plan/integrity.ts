import { standsFor, type KnownMigration } from './known-migration.ts'
import { failure, type MigratorError } from '../errors/index.ts'
import type { DatabaseState } from '../database-state.ts'
import { laterName } from './later-name.ts'
import { squashesIn } from './squashes.ts'

/** True where `recorded` is the checksum of this very migration. */
export function hasChecksum(
  { checksum, equivalents = [] }: Pick<KnownMigration, 'checksum' | 'equivalents'>,
  recorded: string,
): boolean {
  return recorded === checksum || equivalents.includes(recorded)
}

/**
 * Holds the database's ledger and journal against the migrations at hand. Pure; returns the names that
 * are applied, in order. All parts of a squash are as good as it. Pending migrations may come before
 * applied ones: `holeIn` finds those.
 * Throws LEDGER_ELSEWHERE, APPLIED_TWICE, APPLIED_UNKNOWN, LEDGER_INCOMPLETE, APPLIED_EDITED, SQUASH_PARTIAL.
 */
export function verifyLedger(known: readonly KnownMigration[], state: DatabaseState): string[] {
  refuseOtherLedger(known, state)
  const squashes = squashesIn(known, state)
  const parts = new Set(squashes.flatMap(({ replaces = [] }) => replaces.map(({ name }) => name)))
  const recorded = [
    ...state.ledger.map(({ name }) => name).filter((name) => !parts.has(name)),
    ...squashes.map(({ name }) => name),
  ]
  const applied = new Set(recorded)
  if (applied.size < recorded.length) {
    const groups = Map.groupBy(recorded, (name) => name)
    const twice = [...applied].filter((name) => (groups.get(name)?.length ?? 0) > 1)
    throw failure('APPLIED_TWICE', { ledger: state.ledgerTable, names: twice })
  }
  const names = new Set(known.map(({ name }) => name))
  const unknown = recorded.filter((name) => !names.has(name))
  if (unknown.length > 0) {
    const hasOwn = known.some(({ name }) => applied.has(name))
    const pending = known.filter(({ name }) => !applied.has(name))
    throw appliedUnknown(unknown, state, { hasOwn, pending })
  }
  verifyComplete(known, applied, state)
  verifyChecksums(known, applied, state)
  return known.filter(({ name }) => applied.has(name)).map(({ name }) => name)
}

interface Known {
  /** Whether some are applied that are known. */
  readonly hasOwn: boolean
  /** Those that are known and not applied: one of them may be an applied one under another name. */
  readonly pending?: readonly KnownMigration[]
}

/** APPLIED_UNKNOWN for migrations that are applied and not known. Pure. */
export function appliedUnknown(
  names: readonly string[],
  state: Pick<DatabaseState, 'completed' | 'ledgerTable'>,
  { hasOwn, pending = [] }: Known,
): MigratorError {
  const others = names.filter((name) => isOfAnotherTool(name, state))
  const renamed = names.flatMap((from) => {
    const checksum = state.completed.get(from)?.checksum
    const same = checksum ? pending.find((one) => hasChecksum(one, checksum)) : undefined
    return same ? [{ from, to: same.name }] : []
  })
  return failure('APPLIED_UNKNOWN', { names, others, renamed, hasOwn, ledger: state.ledgerTable })
}

/** True of an applied migration that the journal does not have as applied, in the text that the ledger is about. Pure. */
function isOfAnotherTool(name: string, { completed }: Pick<DatabaseState, 'completed'>): boolean {
  const last = completed.get(name)
  return last?.direction !== 'up' || last.checksum === null
}

/**
 * The journal has some of them as applied, recorded in a ledger that this connection does not find. On a database that
 * nobody would miss, a test may have a schema of its own. Pure. Throws LEDGER_ELSEWHERE.
 */
export function refuseOtherLedger(
  known: readonly Pick<KnownMigration, 'name' | 'replaces'>[],
  { otherLedgers, ledgerTable, exists, isDisposable }: DatabaseState,
): void {
  if (isDisposable) return
  const ours = known.flatMap(standsFor)
  for (const [elsewhere, migrations] of Object.entries(otherLedgers)) {
    const names = ours.filter((name) => migrations.includes(name))
    if (names.length > 0) {
      throw failure('LEDGER_ELSEWHERE', {
        elsewhere,
        names,
        ledger: ledgerTable,
        found: exists.ledger,
      })
    }
  }
}

/** OUT_OF_ORDER where a migration that is not applied comes before one that is. */
export function holeIn(
  known: readonly Pick<KnownMigration, 'name'>[],
  applied: ReadonlySet<string>,
): MigratorError | undefined {
  const names = known.map(({ name }) => name)
  const last = names.findLastIndex((name) => applied.has(name))
  const pending = names.slice(0, last + 1).filter((name) => !applied.has(name))
  const [first = ''] = pending
  const after = names[last]
  if (pending.length === 0 || after === undefined) return undefined
  const newest = names.at(-1) ?? after
  const later = pending.map((_, position) =>
    laterName(pending[position] ?? '', newest, position + 1),
  )
  const back = names.slice(0, names.indexOf(first)).at(-1) ?? 'base'
  return failure('OUT_OF_ORDER', { pending, after, later, back })
}

/**
 * Those that the journal has as applied, and the ledger not: another tool has deleted its rows, or has reverted them with
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

function verifyChecksums(
  known: readonly KnownMigration[],
  applied: ReadonlySet<string>,
  state: DatabaseState,
): void {
  for (const one of known) {
    const { name, checksum } = one
    const last = state.completed.get(name)
    // What another tool applied has no checksum on record.
    if (!applied.has(name) || last?.direction !== 'up' || last.checksum === null) continue
    if (!hasChecksum(one, last.checksum)) {
      throw failure('APPLIED_EDITED', { name, applied: last.checksum, found: checksum })
    }
  }
}
