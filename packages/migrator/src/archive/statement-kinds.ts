import type { DataLoss, Direction, Name, Statement } from '../migration.ts'

/** As much of a statement as the archive asks. */
export type Kept = Pick<Statement, 'sql' | 'dataLosses' | 'locks' | 'hasUnknownLocks'>

/** Work that no text describes: that of deferred triggers, say. */
export const UNSAID: Kept = { sql: '', dataLosses: [], locks: [], hasUnknownLocks: true }

/** What may take more than rows: of these the way up keeps what they take, too. */
const TAKES_OBJECTS = new Set(['objects', 'others', 'column', 'conversion', 'unreadable'])

/** True where the archive would keep something of what statements take away. */
export function mayArchive(
  direction: Direction,
  { keepRows }: { readonly keepRows?: unknown },
  statements: readonly Statement[],
): boolean {
  return direction === 'down' || keepRows !== undefined || takesObjects(statements)
}

/** True where statements of the way up have something that the archive would keep. */
export function takesObjects(statements: readonly Statement[]): boolean {
  return statements.some(({ dataLosses }) => dataLosses.some(mayTakeObjects))
}

export function mayTakeObjects({ what }: DataLoss): boolean {
  return TAKES_OBJECTS.has(what)
}

/** It writes rows or calls functions: which functions that calls, its text does not tell. */
export function mayCallFunctions({ dataLosses }: Pick<Statement, 'dataLosses'>): boolean {
  return dataLosses.length > 0
}

/** It checks rows or builds from them: what runs then is in no text. */
export function worksOnRows({ locks }: Pick<Statement, 'locks'>): boolean {
  return locks.some(({ work }) => work !== undefined)
}

/** It moves a cursor, which no savepoint puts back. */
export function movesCursor({ dataLosses }: Pick<Statement, 'dataLosses'>): boolean {
  return dataLosses.some((loss) => loss.what === 'reads' && loss.cursor)
}

/** It makes a function, which a later statement may call. */
export function makesFunction({ sql }: Pick<Statement, 'sql'>): boolean {
  return /\bcreate\b[^]*\b(function|procedure)\b/i.test(sql)
}

/** After it other functions may be run than before, or at other occasions. */
export function changesFunctions({ sql, hasUnknownLocks }: Kept): boolean {
  return hasUnknownLocks || /\b(create|alter)\b/i.test(sql)
}

function isDropped({ what }: DataLoss): boolean {
  return what === 'objects' || what === 'others'
}

/** A statement that only drops: what it takes can be moved away instead. */
export function isPureDrop({ dataLosses }: Pick<Statement, 'dataLosses'>): boolean {
  return dataLosses.length > 0 && dataLosses.every(isDropped)
}

/** True where the text says that it rewrites this table: what a conversion changes is kept by its text. */
export function saysRewrite(
  { dataLosses, locks }: Kept,
  { schema, name }: Required<Name>,
): boolean {
  const isIt = (other: Name) => other.name === name && (other.schema ?? schema) === schema
  return (
    locks.some((lock) => lock.work === 'rewrite' && isIt({ ...lock, name: lock.table })) ||
    dataLosses.some((drop) => drop.what === 'conversion' && isIt(drop.table))
  )
}

/** True unless the text says that no table is rewritten. */
export function mayRewrite({ sql, dataLosses, locks, hasUnknownLocks }: Kept): boolean {
  // A new column of a domain with constraints rewrites its table: that it is one the text does not tell.
  const mayAddColumn = /\badd\b/i.test(sql)
  return (
    hasUnknownLocks ||
    locks.some(
      ({ work, mode }) => work === 'rewrite' || (mayAddColumn && mode === 'ACCESS EXCLUSIVE'),
    ) ||
    dataLosses.some(({ what }) => what === 'conversion' || what === 'unreadable')
  )
}

/** The same of one table. */
export function mayRewriteTable(statement: Kept, { name }: Pick<Name, 'name'>): boolean {
  const isNamed = statement.locks.some((lock) => lock.table === name)
  return mayRewrite(statement) && (statement.hasUnknownLocks || isNamed)
}

/** SET, SAVEPOINT, CREATE TYPE and their like: they touch no table, and some are to outlive a savepoint. */
export function takesNothing({
  dataLosses,
  locks,
}: Pick<Statement, 'dataLosses' | 'locks'>): boolean {
  return dataLosses.length === 0 && locks.length === 0
}

/** The tables whose rows a statement says that it changes or deletes, and whether CASCADE is said. */
export function writtenBy(drop: DataLoss): [tables: readonly Name[], cascade: boolean] {
  if (drop.what === 'truncate') return [drop.tables, drop.cascade]
  const isWritten = drop.what === 'delete' || drop.what === 'update' || drop.what === 'written'
  return [isWritten ? [drop.table] : [], false]
}
