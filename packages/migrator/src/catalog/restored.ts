import { castAt, withCastsAsRead } from './restored-casts.ts'
import { isSpace, join, split, printTree, type Item } from './token-tree.ts'

/** Few texts are changed at all; the others need not be taken apart. */
export function mayBeRestored(text: string): boolean {
  return MAY_CHANGE.test(text)
}

const MAY_CHANGE =
  /\(ARRAY\[|::character varying\)::text|\) (?:AND|OR) |(?:AND|OR) \(|::[^,]* AS |[\w")] (?:\w+|"[^"]+")\(/

/**
 * What PostgreSQL makes of its own text when it reads it again, as after pg_dump. The text has all
 * of its parentheses, so that tokens and groups tell what belongs together.
 */
export function restored(items: Item[]): Item[] {
  const text = printTree(items)
  const outside = new Set(wordsOutsideColumnLists(items))
  return read(items, {
    isRead: (column) => outside.has(column),
    isReadWhole: (alias) => text.includes(`${alias}.*`),
  })
}

/** What the text as a whole says of a name in it. */
type Names = { isRead: (column: string) => boolean; isReadWhole: (alias: string) => boolean }

function read(items: Item[], names: Names): Item[] {
  const inner = items.map((item) =>
    typeof item === 'string' ? item : { ...item, items: read(item.items, names) },
  )
  const cast = withoutMadeUpNames(withCastsAsRead(inner))
  return withoutNesting(withoutUnreadColumns(cast, names))
}

/** `(a AND b) AND c` is `a AND b AND c`; so is `a AND (b AND c)`, in the same order. */
function withoutNesting(items: Item[]): Item[] {
  const operator = ['AND', 'OR'].find((word) => items.includes(word))
  if (operator === undefined) return items
  return items.flatMap((item, i) => {
    const isOperand = isEdge(items, i - 1, -1, operator) && isEdge(items, i + 1, 1, operator)
    return isOperand && isJoinedBy(item, operator) ? item.items : [item]
  })
}

/** Whether there is the operator, or nothing more, from here on in this direction. */
function isEdge(items: Item[], from: number, step: 1 | -1, operator: string): boolean {
  let i = from
  while (isSpace(items[i])) i += step
  return items[i] === undefined || items[i] === operator
}

function isJoinedBy(item: Item, operator: string): item is Exclude<Item, string> {
  if (typeof item === 'string' || item.open !== '(' || !item.items.includes(operator)) return false
  return !item.items.includes(',') && !item.items.some((word) => NO_CONDITION.has(word))
}

/** A sub-query, and the frame of a window, have an AND of another kind. */
const NO_CONDITION: ReadonlySet<Item> = new Set(['SELECT', 'VALUES', 'BETWEEN'])

/**
 * A column without a name is called after its type when it is read again: `'a'::text AS text`. Where
 * the name can be seen PostgreSQL always writes one (`AS "?column?"`), so that no two meet.
 */
function withoutMadeUpNames(items: Item[]): Item[] {
  const result: Item[] = []
  for (let i = 0; i < items.length;) {
    const cast = items[i - 1] === '*' ? undefined : castAt(items, i)
    const end = cast?.end ?? i + 1
    result.push(...items.slice(i, end))
    const [space, as, more, name] = items.slice(end, end + 4)
    const isAs = isSpace(space) && as === 'AS' && isSpace(more)
    i = cast && isAs && name === nameAfter(cast.type) ? end + 4 : end
  }
  return result
}

/** What PostgreSQL calls a column that is a cast to this type. */
function nameAfter(type: Item[]): string | undefined {
  const words = type.filter((item) => typeof item === 'string').join('')
  return INTERNAL_NAMES[words.replace(/^interval .*/, 'interval')] ?? type.findLast(isName)
}

const INTERNAL_NAMES: Record<string, string> = {
  'bit varying': 'varbit',
  'character varying': 'varchar',
  'double precision': 'float8',
  'time with time zone': 'timetz',
  'time without time zone': 'time',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
  bigint: 'int8',
  boolean: 'bool',
  character: 'bpchar',
  integer: 'int4',
  interval: 'interval',
  real: 'float4',
  smallint: 'int2',
}

/**
 * The columns of a function in FROM are listed to the last that its type has by now, and after a
 * restore so are those that were added since: `f(1) x(a, b)`. The last ones are left out, as long as
 * nothing in the text reads them.
 */
function withoutUnreadColumns(items: Item[], { isRead, isReadWhole }: Names): Item[] {
  return items.flatMap((item, i) => {
    const list = columnListAt(items, i)
    if (!list || isReadWhole(list.alias)) return [item]
    const last = list.columns.findLastIndex(isRead)
    const columns = list.columns.slice(0, last + 1).map((column) => [column])
    return last < 0 ? [] : [{ open: '(', items: join(columns) }]
  })
}

/** The names of an alias's columns, without types, as in `f(1) x(a, b)`. */
function columnListAt(items: Item[], i: number): { alias: string; columns: string[] } | undefined {
  const [before, space, alias, list] = [items[i - 3], items[i - 2], items[i - 1], items[i]]
  if (typeof list !== 'object' || list.open !== '(' || !isSpace(space) || !isName(alias))
    return undefined
  if (typeof before !== 'object' && !isName(before) && before !== 'ORDINALITY') return undefined
  const columns = split(list.items).map((part) => (part.length === 1 ? part[0] : undefined))
  return columns.every(isName) ? { alias, columns } : undefined
}

function wordsOutsideColumnLists(items: Item[]): string[] {
  return items.flatMap((item, i) => {
    if (typeof item === 'string') return [item]
    return columnListAt(items, i) ? [] : wordsOutsideColumnLists(item.items)
  })
}

function isName(item: Item | undefined): item is string {
  return typeof item === 'string' && /^[\p{Ll}_"]/u.test(item)
}
