import type { Name } from '../../migration.ts'
import { shown, toKey, toName } from '../../phase/release.ts'
import { listConstraints } from '../../known/parts.ts'
import { KnownObjects } from '../../known/known-objects.ts'
import type { LintedStatement, Rule } from '../rule.ts'

export const foreignKeyWithoutIndex: Rule = {
  id: 'foreign-key-without-index',
  level: 'warning',
  hazards: ['costs-later'],
  problem:
    'no index begins with the columns of the foreign key, so that every DELETE and every UPDATE of a key reads the whole table.',
  why: 'PostgreSQL makes an index of the key that is referred to, and none of the columns that refer to it.',
  instead: 'Build an index on the columns first, CONCURRENTLY where the table is in use.',
  isOfNewTables: true,
  check(statement, { known, script }) {
    return listConstraints(statement.node).flatMap(({ table, constraint, columns }) => {
      if (constraint.contype !== 'CONSTR_FOREIGN') return []
      const isMade = 'CreateStmt' in statement.node || known.table(table)
      if (!isMade || isIndexed(script, known, table, columns)) return []
      return [{ about: `${shown(table)}.${columns.join(', ')}`, table }]
    })
  },
  example: {
    given:
      'create table r (id bigint primary key); create table t (id bigint primary key, r_id bigint)',
    unsafe: 'alter table t add constraint t_r foreign key (r_id) references r not valid',
    safe: 'create index concurrently t_r_id on t (r_id); alter table t add constraint t_r foreign key (r_id) references r not valid',
    differs: 'there is an index',
  },
}

/** Before the script, or at its end. */
function isIndexed(
  script: readonly LintedStatement[],
  known: KnownObjects,
  table: Name,
  columns: readonly string[],
): boolean {
  const after = new KnownObjects()
  for (const { node } of script)
    if ('CreateStmt' in node && toKey(toName(node.CreateStmt.relation)) === toKey(table))
      after.learn(node)
  const indexes = [known, after].flatMap((one) => [...(one.table(table)?.indexes.values() ?? [])])
  const built = script.flatMap(({ node }) =>
    'IndexStmt' in node && toKey(toName(node.IndexStmt.relation)) === toKey(table)
      ? [
          {
            columns: (node.IndexStmt.indexParams ?? []).map((one) =>
              'IndexElem' in one ? (one.IndexElem.name ?? '') : '',
            ),
          },
        ]
      : [],
  )
  const wanted = columns.toSorted().join()
  return [...indexes, ...built].some(
    (index) => index.columns.slice(0, columns.length).toSorted().join() === wanted,
  )
}
