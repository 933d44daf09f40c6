import type { Node } from '@pgsql/types'
import { listDropped } from '../known/parts.ts'
import type { Name } from '../migration.ts'
import { toKey, toName } from '../phase/release.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { Before, SafeForm } from './safe-form.ts'

/**
 * DROP TABLE locks every table that a foreign key ties to it, all at once, and with CASCADE it takes views that nobody
 * has named. Each key goes by itself before, and what else depends on the table makes it fail. Undefined of anything
 * but one table that the migrations have made, and on the way back.
 */
export function dropTableSafely(node: Node, { known, direction }: Before): SafeForm | undefined {
  const [table, ...others] = listDropped(node, 'OBJECT_TABLE')
  const made = table && known.table(table)
  if (!made || others.length > 0 || direction === 'down') return undefined
  const own = [...made.constraints].flatMap(([constraint, { definition }]) =>
    definition.pktable && toKey(toName(definition.pktable)) !== toKey(table)
      ? [{ table, constraint }]
      : [],
  )
  const keys = [...own, ...known.referencesTo(table)]
  return {
    statements: [
      ...keys.map(
        (key) => `alter table ${named(key.table)} drop constraint ${quoteName(key.constraint)};`,
      ),
      `drop table ${named(table)};`,
    ],
    ...(keys.length > 0 && { isAlone: true }),
  }
}

const named = ({ schema, name }: Name) => quoteName(name, schema)
