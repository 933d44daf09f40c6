import { shown, toKey, toName } from '../../phase/release.ts'
import { listConstraints } from '../../known/parts.ts'
import type { Context, LintedStatement, Rule } from '../rule.ts'

export const severalForeignKeys: Rule = {
  id: 'several-foreign-keys',
  level: 'warning',
  hazards: ['blocks-writes', 'long-lock'],
  problem:
    'one transaction adds foreign keys to several tables that are in use, and nobody writes to any of them until it ends.',
  why: 'Each foreign key takes SHARE ROW EXCLUSIVE on the table that it refers to, in CREATE TABLE too. Two such transactions may deadlock.',
  instead: 'Add one foreign key a transaction.',
  check(statement, context) {
    const now = listTargets(statement, context)
    if (now.size === 0) return []
    const targets = new Map([
      ...statement.before.flatMap((one) => [...listTargets(one, context)]),
      ...now,
    ])
    return targets.size > 1 ? [{ about: [...targets.values()].join(' and ') }] : []
  },
  example: {
    given: 'create table r (id bigint primary key); create table s (id bigint primary key)',
    unsafe:
      'create table t (r_id bigint references r, s_id bigint references s); create index on t (r_id); create index on t (s_id)',
    safe: 'create table t (r_id bigint references r, s_id bigint); create index on t (r_id); create index on t (s_id); alter table t add foreign key (s_id) references s',
    isAlone: true,
  },
}

/** The tables, of before the script, that foreign keys of a statement refer to. */
function listTargets({ node }: LintedStatement, { news }: Context): Map<string, string> {
  const targets = listConstraints(node).flatMap(({ constraint: { contype, pktable } }) =>
    contype === 'CONSTR_FOREIGN' ? [toName(pktable)] : [],
  )
  const old = targets.filter((table) => !news.has(table))
  return new Map(old.map((name) => [toKey(name), shown(name)]))
}
