import type { LedgerName } from '../database-state.ts'

/**
 * Whether a database is the one that this build was made for.
 * - `fits`: it has this build's migrations, and no other. Contract steps of them may be waiting, or at work.
 * - `ahead`: it has others too, which leave this build working: they only expand.
 * - `behind`: it lacks some that expand, or has one of those only in part.
 * - `ahead-by-contract`: it has others, and one may have taken away what this build needs.
 * - `drifted`: it has a migration in another version than this build.
 * - `unknown`: it has no ledger, or one that the migrator did not write.
 */
export interface Gate {
  readonly state: 'fits' | 'ahead' | 'behind' | 'ahead-by-contract' | 'drifted' | 'unknown'
  /** True for `fits` and `ahead`. */
  readonly isOpen: boolean
  /** What was found and what to do, in a sentence; empty where it fits, and no contract step is at work or was interrupted. */
  readonly reason: string
}

/** What a build was made for: its entry of the manifest. */
export interface RequiredMigration {
  readonly name: string
  readonly checksum: string
  /** Where it is `contract`, the build works before it, too: it may wait until older builds have left. */
  readonly phase?: string
  /** The same of one that states no phase. */
  readonly contracts?: boolean
  /** Of a squash: what it stands for. */
  readonly replaces?: readonly RequiredMigration[]
}

/** The part of `migrations.manifest.json` that the gate needs. */
export interface GateManifest {
  readonly ledger: LedgerName
  readonly migrations: readonly RequiredMigration[]
  /** What its squashes stand for. */
  readonly squashed?: readonly RequiredMigration[]
}

/** A migration that a database knows of. */
export interface DatabaseMigration {
  readonly name: string
  /** True where the ledger has it. */
  readonly isApplied: boolean
  /** True where some of its segments are done, or reverted, since it was last complete. */
  readonly isHalfDone: boolean
  /** Of its text when it was last complete; null where the journal has none. */
  readonly checksum: string | null
  readonly phase: string | null
  /** True where the ledger has a squash in its place. */
  readonly isSquashed?: boolean
}

/** Pure: what this build was made for × what the database knows. `squashed` are the parts of this build's squashes. */
export function judgeGate(
  required: readonly RequiredMigration[],
  known: readonly DatabaseMigration[],
  squashed: readonly RequiredMigration[] = [],
): Gate {
  const names = new Set(known.filter((one) => !one.isSquashed).map(({ name }) => name))
  const own = expandSquashes(required, names, squashed)
  const ownNames = new Set(own.map(({ name }) => name))
  // What is in a squash that this build knows is that squash.
  const found = known.filter((one) => !one.isSquashed || ownNames.has(one.name))
  return cannotTell(own, found) ?? compare(own, found)
}

/** What is required of a database that has migrations of these names: the parts of a squash where it has begun with them. */
export function expandSquashes(
  required: readonly RequiredMigration[],
  names: ReadonlySet<string>,
  squashed: readonly RequiredMigration[],
): RequiredMigration[] {
  return required.flatMap((one) => partsUnless(one, (name) => names.has(name), squashed))
}

/** What is required in the place of a squash that the database has not, where it has something of its parts. */
function partsUnless(
  one: RequiredMigration,
  isThere: (name: string) => boolean,
  squashed: readonly RequiredMigration[],
): RequiredMigration[] {
  const { name, replaces = [] } = one
  const parts = replaces.map((part) => squashed.find((known) => known.name === part.name) ?? part)
  if (isThere(name) || parts.length === 0) return [one]
  const inner = parts.flatMap((part) => partsUnless(part, isThere, squashed))
  return inner.some((part) => isThere(part.name)) ? inner : [one]
}

function cannotTell(
  required: readonly RequiredMigration[],
  found: readonly DatabaseMigration[],
): Gate | undefined {
  const applied = found.filter(({ isApplied }) => isApplied)
  if (applied.length > 0 && applied.every(({ checksum }) => checksum === null)) {
    const step = 'Compare it with the migrations of this build.'
    return closed('unknown', `The migrator has not written the ledger of the database. ${step}`)
  }
  const others = unknownTo(required, found)
  if (others.length > 0 && others.length === found.length) {
    return closed('unknown', `The database has only migrations of another build: ${list(others)}.`)
  }
  return undefined
}

function compare(
  required: readonly RequiredMigration[],
  found: readonly DatabaseMigration[],
): Gate {
  const byName = new Map(found.map((one) => [one.name, one]))
  const drifted = required.filter(({ name, checksum }) => differs(byName.get(name), checksum))
  if (drifted.length > 0) {
    const step = 'Compare it with the migrations of this build.'
    return closed('drifted', `The database has another version of ${list(drifted)}. ${step}`)
  }
  const lacking = required.filter(
    (one) => !isWhole(byName.get(one.name)) && !isNotNeeded(one, byName),
  )
  const others = unknownTo(required, found)
  const breaking = others.filter(({ phase }) => phase !== 'expand')
  const broken = `The database is ahead: this build does not know ${list(breaking)}. Run the build that they came with.`
  if (lacking.length > 0) {
    const behind = `The database is behind: it lacks ${list(lacking)}. ${MIGRATE}`
    return closed('behind', breaking.length > 0 ? `${behind} ${broken}` : behind)
  }
  if (breaking.length > 0) return closed('ahead-by-contract', broken)
  const half = required.filter((one) => isContract(one) && byName.get(one.name)?.isHalfDone)
  const inPart =
    half.length > 0 ? `The database has ${list(half)} in part, which this build can work with.` : ''
  if (others.length === 0) return { state: 'fits', isOpen: true, reason: inPart }
  const ahead = `The database is ahead by ${list(others)}, which this build can work with.`
  return { state: 'ahead', isOpen: true, reason: inPart === '' ? ahead : `${ahead} ${inPart}` }
}

const MIGRATE = 'Run the migrate step of this build.'

/** The tables that the gate reads are missing. */
export const NO_BOOKKEEPING: Gate = closed(
  'unknown',
  `The database has no ledger and journal that this build can read. ${MIGRATE}`,
)

function unknownTo(
  required: readonly RequiredMigration[],
  found: readonly DatabaseMigration[],
): DatabaseMigration[] {
  const own = new Set(required.map(({ name }) => name))
  return found.filter(({ name }) => !own.has(name))
}

function differs(one: DatabaseMigration | undefined, checksum: string): boolean {
  // What another tool applied has no checksum on record.
  return one !== undefined && one.isApplied && one.checksum !== null && one.checksum !== checksum
}

function isWhole(one: DatabaseMigration | undefined): boolean {
  return one !== undefined && one.isApplied && !one.isHalfDone
}

/**
 * Neither the build that brings a contract step nor the one before needs it, nor what is done of it: while it runs, and where it
 * was interrupted, the build that brings it works on. What a database begins with makes what every build needs.
 */
function isNotNeeded(
  one: RequiredMigration,
  found: ReadonlyMap<string, DatabaseMigration>,
): boolean {
  const isFirst = one.replaces !== undefined || ![...found.values()].some(isWhole)
  return isContract(one) && !(isFirst && found.has(one.name))
}

const isContract = ({ phase, contracts = false }: RequiredMigration) =>
  phase === 'contract' || contracts

function closed(state: Gate['state'], reason: string): Gate {
  return { state, isOpen: false, reason }
}

function list(migrations: readonly { readonly name: string }[]): string {
  const shown = migrations
    .slice(0, 3)
    .map(({ name }) => name)
    .join(', ')
  return migrations.length > 3 ? `${shown} and ${migrations.length - 3} more` : shown
}
