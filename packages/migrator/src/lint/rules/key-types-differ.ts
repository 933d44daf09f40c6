import { readName } from '../../sql/names.ts'
import { shown, toName } from '../../phase/release.ts'
import { listColumns, listConstraints, readType } from '../../known/parts.ts'
import type { Rule } from '../rule.ts'

/** What a serial column is. */
const NUMBERS: Readonly<Record<string, string>> = {
  serial: 'int4',
  bigserial: 'int8',
  smallserial: 'int2',
}

export const keyTypesDiffer: Rule = {
  id: 'key-types-differ',
  level: 'warning',
  hazards: ['costs-later'],
  problem: 'the column has another type than the key that it refers to.',
  why: 'A smaller one overflows before the key does; every check and every join converts, and may use no index.',
  instead: 'Give both the same type.',
  isOfNewTables: true,
  check({ node }, { known }) {
    return listConstraints(node).flatMap(({ table, constraint, columns }) => {
      const { contype, pktable, pk_attrs = [] } = constraint
      if (contype !== 'CONSTR_FOREIGN' || columns.length !== 1) return []
      const target = known.table(toName(pktable))
      const key = pk_attrs[0] ? readName(pk_attrs[0]).name : [...(target?.required ?? [])][0]
      const isIt = ({ name }: { readonly name: string }) => name === columns[0]
      const own =
        listColumns(node).find(isIt)?.column ?? known.table(table)?.columns.get(columns[0] ?? '')
      const other = target?.columns.get(key ?? '')
      if (!own || !other) return []
      const [type, keyType] = [own, other].map((one) => typeOf(known.domains.withBase(one)))
      if (type === keyType) return []
      return [{ about: `${shown(table)}.${columns[0]}`, table }]
    })
  },
  example: {
    given: 'create table r (id bigint primary key); create table t (id bigint primary key)',
    unsafe:
      'alter table t add column r_id int references r; create index concurrently t_r_id on t (r_id)',
    safe: 'alter table t add column r_id bigint references r; create index concurrently t_r_id on t (r_id)',
    differs: 'the column is larger',
  },
}

function typeOf(column: Parameters<typeof readType>[0]): string {
  const { name } = readType(column)
  return NUMBERS[name] ?? name
}
