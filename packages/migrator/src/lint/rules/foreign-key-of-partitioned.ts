import { shown } from '../../phase/release.ts'
import { listConstraints } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

export const foreignKeyOfPartitioned: Rule = {
  id: 'foreign-key-of-partitioned',
  level: 'error',
  hazards: ['full-scan-under-lock', 'blocks-writes', 'may-fail-on-rows'],
  problem:
    'the table is partitioned: before PostgreSQL 18 its foreign keys cannot be NOT VALID, and otherwise every partition is read while nobody writes.',
  why: 'PostgreSQL 15–17 refuse with 42809. Where each partition has the validated foreign key already, the one of the parent takes it over without a scan.',
  instead:
    'Add and validate the foreign key on each partition first, then on the partitioned table.',
  check({ node }, { known, major }) {
    if (!('AlterTableStmt' in node)) return []
    return listConstraints(node).flatMap(({ table, constraint, columns }) => {
      if (constraint.contype !== 'CONSTR_FOREIGN' || !known.table(table)?.isPartitioned) return []
      if (constraint.skip_validation && major >= 18) return []
      const parts = known.partitionsOf(table)
      const areReady = parts.every(([, { constraints }]) =>
        [...constraints.values()].some(
          ({ type, columns: own, isValidated }) =>
            type === 'CONSTR_FOREIGN' && isValidated && own.join() === columns.join(),
        ),
      )
      return areReady && !constraint.skip_validation
        ? []
        : [{ about: `${constraint.conname ?? 'a foreign key'} of ${shown(table)}`, table }]
    })
  },
  example: {
    given:
      'create table r (id int primary key); create table p (id int, r_id int) partition by list (id); create table p1 partition of p for values in (1); create index p_r_id on p (r_id); create index p1_r on p1 (r_id)',
    unsafe: 'alter table p add constraint p_r foreign key (r_id) references r (id) not valid',
    fails: '42809',
    failsUntil18: true,
    safe: 'alter table p1 add constraint p_r foreign key (r_id) references r (id) not valid; alter table p1 validate constraint p_r; alter table p add constraint p_r foreign key (r_id) references r (id)',
    differs: 'it is validated',
    isAlone: true,
  },
}
