import { ALTERATIONS } from './alterations.ts'
import { OTHER_STATEMENTS } from './other-statements.ts'
import { onShape, SHAPES } from './shapes.ts'
import { STATEMENTS_ON_SHAPES } from './statements-on-shapes.ts'

/** A statement whose locks and work are held against what the engine says of it. */
export interface Kind {
  readonly sql: string
  /** The text that it was made from, for one of several tables. */
  readonly form?: string
  /** What was committed before it. */
  readonly given?: string
  /** The oldest version of PostgreSQL that knows it. */
  readonly since?: 16 | 17 | 18
  /** From this version on it does all that is said of it; older ones do less, so that what is said holds on every one. */
  readonly fullSince?: 16 | 17 | 18
  /** Why it may do less than is said: what spares it is in the rows or in the catalog. */
  readonly atWorst?: string
}

/** A text alone, or with what is to be said of it. */
export type Written = string | Kind

const written = (one: Written): Kind => (typeof one === 'string' ? { sql: one } : one)

/** Every statement of a list on every table. */
const onEveryShape = (list: readonly Written[]): Kind[] =>
  list.map(written).flatMap(({ sql, given, ...rest }) =>
    SHAPES.map((shape) => ({
      ...rest,
      form: sql,
      sql: onShape(sql, shape),
      ...(given !== undefined && { given: onShape(given, shape) }),
    })),
  )

/** The one list. On tables of some shapes PostgreSQL refuses some. */
export const KINDS: readonly Kind[] = [
  ...onEveryShape([...ALTERATIONS, ...STATEMENTS_ON_SHAPES]),
  ...OTHER_STATEMENTS.map(written),
]

/** Each form once, on one of the tables after the other; and of those with no form all. */
export const SAMPLE: readonly Kind[] = [
  ...Map.groupBy(
    KINDS.filter(({ form }) => form !== undefined),
    ({ form }) => form,
  ).values(),
]
  .flatMap((kinds, place) => kinds.slice(place % kinds.length, (place % kinds.length) + 1))
  .concat(KINDS.filter(({ form }) => form === undefined))
