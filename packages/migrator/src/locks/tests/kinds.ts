import { ALTERATIONS } from './alterations.ts'
import type { Kind, Written } from './kind.ts'
import { OTHER_STATEMENTS } from './other-statements.ts'
import { onShape, SHAPES } from './shapes.ts'
import { STATEMENTS_ON_SHAPES } from './statements-on-shapes.ts'

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
