import { listGone } from '../../known/gone.ts'
import { findCopy, readFill } from '../../sql/fill.ts'
import type { Rule } from '../rule.ts'

export const deletesData: Rule = {
  id: 'deletes-data',
  level: 'error',
  hazards: ['deletes-data', 'irreversible', 'breaks-previous-release'],
  problem: 'the data in it is gone afterwards, and what still reads it fails.',
  why: 'DROP and TRUNCATE take ACCESS EXCLUSIVE, and no statement restores the rows. The release that is still running reads the column or the table.',
  instead:
    'Stop reading it in one release, drop it in a later one, and name the reason in `allow`.',
  check({ node }, { script, known }) {
    const gone = listGone(node, known)
    if (gone.length === 0) return []
    const fills = script.flatMap((one) => readFill(one.node) ?? [])
    return gone.filter(({ loss }) => !loss || !findCopy(fills, loss))
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: 'alter table t drop column a',
    safe: "comment on column t.a is 'unused since release 7'",
    differs: 'the column stays until nothing reads it',
  },
}
