import type { Constraint } from '@pgsql/types'
import { quoteName } from '../sql/quote-name.ts'
import { noDuplicates } from './pre-checks.ts'
import type { SafeForm } from './safe-form.ts'

export const quoted = (node: object): string =>
  'String' in node ? quoteName((node.String as { sval?: string }).sval ?? '') : ''

/** The index is built beside writes, and the constraint takes it over at once. */
export function uniqueSafely(
  table: string,
  name: string,
  constraint: Constraint,
  index = name,
): SafeForm | undefined {
  const { keys = [], including = [], indexname, options, indexspace } = constraint
  if (indexname !== undefined || options || indexspace || constraint.without_overlaps)
    return undefined
  const columns = keys.map(quoted)
  const include = including.length > 0 ? ` include (${including.map(quoted).join(', ')})` : ''
  const areNullsEqual = constraint.nulls_not_distinct === true
  const distinct = areNullsEqual ? ' nulls not distinct' : ''
  const deferrable = constraint.deferrable ? ' deferrable' : ''
  const deferred = constraint.initdeferred ? ' initially deferred' : ''
  return {
    statements: [
      `create unique index concurrently ${index} on ${table} (${columns.join(', ')})${include}${distinct};`,
      `alter table ${table} add constraint ${name} unique using index ${index}${deferrable}${deferred};`,
    ],
    requires: [noDuplicates({ table, name, keys: columns, columns, areNullsEqual })],
    isAlone: true,
  }
}
