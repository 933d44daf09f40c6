import type { Mode } from '../database-state.ts'
import type {
  AlterComposite,
  Check,
  CodeSession,
  DataLoss,
  Direction,
  Migration,
  Name,
  Phase,
  Statement,
  TableLock,
} from '../migration.ts'
import { listStatements } from './progress.ts'

/** The unit of execution and of recovery: it is done or not done, never half. */
export interface Segment {
  readonly migration: string
  readonly checksum: string
  readonly phase: Phase
  readonly direction: Direction
  /** From 1, of `of`. */
  readonly index: number
  readonly of: number
  readonly mode: Mode
  readonly statements: readonly PositionedStatement[]
  /** SETs of earlier segments of the migration, which hold until its end. */
  readonly settings: readonly string[]
  /** Its statements are long by nature: a build, a validation. */
  readonly isLongRunning: boolean
  /** Absent but on the last: what must hold before its transaction commits. */
  readonly ensures: readonly Check[]
  /** True on the last: with it the ledger changes. */
  readonly isLast: boolean
  /** The function of a code body, in place of statements. */
  readonly run?: (session: CodeSession) => Promise<void>
}

export interface PositionedStatement extends Statement {
  readonly position: number
  /** Locks that it takes besides to keep what it takes of rows. */
  readonly keptBy?: readonly TableLock[]
}

/**
 * Cuts what remains of a migration into segments. Pure.
 *
 * Neighbours share a transaction wherever PostgreSQL allows it and no scan would run under another's lock;
 * never more than one migration. A migration with nothing left still gets a last, empty segment: the one
 * that checks `ensures` and writes the ledger. `restores`: the archive has something for its last segment.
 */
export function cutSegments(
  migration: Migration,
  direction: Direction,
  positions: readonly number[],
  { restores = false } = {},
): Segment[] {
  const ensures = direction === 'up' ? migration.ensures : []
  const parts = cutParts(migration, direction, positions)
  const lastPart = parts.at(-1)
  // An `outside` statement cannot be rolled back, but `ensures` is checked after it all the same. Rows and values in
  // the archive wait for what a statement commits; a scan or a build must not wait for them.
  const isShared = lastPart?.statements.every(({ boundary }) => boundary === 'shared') ?? false
  if (!lastPart || (lastPart.mode === 'outside' && ensures.length > 0) || (restores && !isShared)) {
    parts.push({ mode: 'transaction', statements: [] })
  }
  return parts.map((part, index) => ({
    ...part,
    migration: migration.name,
    checksum: migration.checksum,
    phase: migration.phase,
    direction,
    index: index + 1,
    of: parts.length,
    settings: settingsBefore(migration, direction, part),
    isLongRunning: part.statements.some(
      (statement) => statement.isLongRunning || statement.boundary === 'outside',
    ),
    ensures: index === parts.length - 1 ? ensures : [],
    isLast: index === parts.length - 1,
  }))
}

type Part = Pick<Segment, 'mode' | 'statements' | 'run'>

function cutParts(
  migration: Migration,
  direction: Direction,
  positions: readonly number[],
): Part[] {
  const body = migration[direction]
  if (body.kind === 'none') return []
  if (body.kind === 'code') {
    return [
      { mode: migration.transactional ? 'transaction' : 'outside', statements: [], run: body.run },
    ]
  }
  const parts: { mode: Mode; statements: PositionedStatement[] }[] = []
  for (const position of positions) {
    const statement = body.statements[position]
    if (!statement) continue
    const positioned = withKeptRows(migration, direction, { ...statement, position })
    const part = parts.at(-1)
    const previous = part?.statements.at(-1)
    if (part && previous && migration.transactional && mayShare(previous, positioned)) {
      part.statements.push(positioned)
    } else {
      parts.push({
        mode: statement.boundary === 'outside' ? 'outside' : 'transaction',
        statements: [positioned],
      })
    }
  }
  return parts
}

/**
 * On the way back, and where the migration asks for it, a trigger keeps what a statement takes of rows. It goes before the segment ends, and to
 * drop a trigger takes the strongest lock.
 */
function withKeptRows(
  { keepRows }: Migration,
  direction: Direction,
  statement: PositionedStatement,
): PositionedStatement {
  const isKept = direction === 'down' || keepRows !== undefined
  if (!isKept || statement.boundary === 'outside') return statement
  const keptBy = statement.dataLosses
    .flatMap(listWritten)
    .map(({ schema, name: table }): TableLock => {
      const named = { ...(schema !== undefined && { schema }), table }
      return { ...named, mode: 'ACCESS EXCLUSIVE', through: 'kept-with' }
    })
  const all = direction === 'down' ? [...keptBy, ...listHeld(statement)] : keptBy
  return all.length === 0 ? statement : { ...statement, keptBy: all }
}

const ALTER_COMPOSITE: AlterComposite = 'ALTER TYPE of a composite type'

/** The values of a composite type that changes are copied, wherever a table has them. */
function listHeld({ dataLosses, locks }: Statement): TableLock[] {
  const [type] = locks
  const isComposite = dataLosses.some(
    (loss) => loss.what === 'unreadable' && loss.command === ALTER_COMPOSITE,
  )
  if (!isComposite || !type) return []
  const { schema, table } = type
  const named = { ...(schema !== undefined && { schema }), table }
  return [{ ...named, mode: 'SHARE ROW EXCLUSIVE', through: 'holding' }]
}

/** The tables whose rows it takes or changes, as its text says. */
function listWritten(loss: DataLoss): readonly Name[] {
  if (loss.what === 'truncate') return loss.tables
  return loss.what === 'delete' || loss.what === 'update' || loss.what === 'written'
    ? [loss.table]
    : []
}

function mayShare(previous: Statement, next: Statement): boolean {
  if (previous.boundary === 'shared')
    return next.boundary === 'shared' || next.boundary === 'commits-after'
  return previous.boundary === 'commits-after' && next.boundary === 'commits-after'
}

function settingsBefore(
  migration: Migration,
  direction: Direction,
  { statements }: Part,
): string[] {
  const first = statements[0]?.position ?? Number.POSITIVE_INFINITY
  return listStatements(migration[direction])
    .slice(0, first)
    .filter((statement) => statement.isSet)
    .map((statement) => statement.sql)
}
