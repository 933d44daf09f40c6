import type { Name } from '../../migration.ts'
import { shown, toName } from '../../phase/release.ts'
import { listLater } from '../neighbours.ts'
import { listAlterations, listDropped } from '../../known/parts.ts'
import type { KnownObjects } from '../../known/known-objects.ts'
import type { KnownConstraint } from '../../known/known-table.ts'
import type { Rule } from '../rule.ts'

export const dropLocksOtherTables: Rule = {
  id: 'drop-locks-other-tables',
  level: 'warning',
  hazards: ['blocks-reads', 'blocks-writes'],
  problem:
    'its foreign key goes too, and for that the other table is locked so that nobody reads or writes it.',
  why: 'Dropping a foreign key takes ACCESS EXCLUSIVE on both tables until the transaction ends. A drop of the column or the table does that together with all the rest.',
  instead: 'Drop the foreign key alone, in a transaction of its own, then the rest.',
  check(statement, context) {
    const { known } = context
    const { node } = statement
    const tables = listDropped(node, 'OBJECT_TABLE').map((table) => ({
      table,
      keys: keysOf(known, table),
    }))
    const parts = listAlterations(node).flatMap(({ table, subtype, name }) => {
      const isColumn = subtype === 'AT_DropColumn'
      // Alone, it does what has to be done.
      const next = listLater(statement, context)[0]
      const isShared = statement.before.length > 0 || next?.before.includes(statement)
      if (!isColumn && !(subtype === 'AT_DropConstraint' && isShared)) return []
      const keys = keysOf(known, table)
      return [
        {
          table,
          keys: keys.filter(([key, { columns }]) =>
            isColumn ? columns.includes(name) : key === name,
          ),
        },
      ]
    })
    return [...tables, ...parts].flatMap(({ table, keys }) =>
      keys.map(([name, { definition }]) => ({
        about: `${name} of ${shown(table)}, to ${shown(toName(definition.pktable))}`,
        table,
      })),
    )
  },
  example: {
    given:
      'create table r (id bigint primary key); create table t (id bigint primary key, r_id bigint references r)',
    unsafe: 'alter table t drop column r_id',
    safe: 'alter table t drop constraint t_r_id_fkey',
    differs: 'the column goes in a later migration',
  },
}

function keysOf(known: KnownObjects, table: Name): [name: string, key: KnownConstraint][] {
  return [...(known.table(table)?.constraints ?? [])].filter(
    ([, { type }]) => type === 'CONSTR_FOREIGN',
  )
}
