import type { DataLoss } from '../../migration.ts'
import { shown } from '../../phase/release.ts'
import { findDrops } from '../../sql/data-losses.ts'
import { findCopy, readFill } from '../../sql/fill.ts'
import type { Problem, Rule } from '../rule.ts'

export const deletesData: Rule = {
  id: 'deletes-data',
  level: 'error',
  hazards: ['deletes-data', 'irreversible', 'breaks-previous-release'],
  problem: 'the data in it is gone afterwards, and what still reads it fails.',
  why: 'DROP and TRUNCATE take ACCESS EXCLUSIVE, and no statement restores the rows. The release that is still running reads the column or the table.',
  instead:
    'Stop reading it in one release, drop it in a later one, and name the reason in `allow`.',
  check({ node }, { script }) {
    if ('DropdbStmt' in node) return [{ about: `database ${node.DropdbStmt.dbname ?? ''}` }]
    const drops = findDrops(node).filter((loss) => describe(loss).length > 0)
    if (drops.length === 0) return []
    const fills = script.flatMap((one) => readFill(one.node) ?? [])
    return drops.filter((loss) => !findCopy(fills, loss)).flatMap(describe)
  },
  example: {
    given: 'create table t (id int primary key, a int)',
    unsafe: 'alter table t drop column a',
    safe: "comment on column t.a is 'unused since release 7'",
    differs: 'the column stays until nothing reads it',
  },
}

function describe(loss: DataLoss): Problem[] {
  if (loss.what === 'column')
    return [{ about: `${shown(loss.table)}.${loss.column}`, table: loss.table }]
  if (loss.what === 'truncate') return loss.tables.map((table) => ({ about: shown(table), table }))
  if (loss.what !== 'objects') return []
  if (loss.kind === 'table') return loss.names.map((table) => ({ about: shown(table), table }))
  // Without CASCADE PostgreSQL refuses it where anything is in the schema.
  return loss.kind === 'schema' && loss.cascade
    ? loss.names.map((name) => ({ about: `schema ${shown(name)}` }))
    : []
}
