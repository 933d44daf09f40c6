import { shown } from '../../phase/release.ts'
import { isLossy, listTypeChanges } from '../../known/type-changes.ts'
import { requireFit } from '../../safe-forms/unfit.ts'
import { isCounted, type Rule } from '../rule.ts'

export const castLosesValues: Rule = {
  id: 'cast-loses-values',
  level: 'error',
  hazards: ['loses-precision', 'irreversible', 'table-rewrite'],
  problem:
    'the new type holds less: longer values are cut, finer ones are rounded, and nothing says so.',
  why: 'Measured: a narrower varchar is refused, but with USING … ::varchar(n) every longer value is cut in silence. A smaller scale, a coarser timestamp and float to int round.',
  instead:
    'Let `requires` count the values that would change, as what is generated does; or keep the column: a CHECK limits what is written from now on.',
  check({ node }, context) {
    return listTypeChanges(node, context.known)
      .filter(isLossy)
      .filter((change) => !requireFit(change).some((one) => isCounted(one, context)))
      .map(({ table, name }) => ({ about: `${shown(table)}.${name}`, table }))
  },
  example: {
    given:
      "create table t (id bigint primary key, a varchar(20)); insert into t values (1, 'longer than ten')",
    unsafe: 'alter table t alter column a type varchar(10) using a::varchar(10)',
    safe: 'alter table t add constraint t_a_short check (length(a) <= 10) not valid',
    differs: 'the column stays, and a CHECK limits new values',
  },
}
