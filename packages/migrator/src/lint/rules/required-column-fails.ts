import { shown } from '../../phase/release.ts'
import { quoteName } from '../../sql/quote-name.ts'
import { noRows } from '../../safe-forms/pre-checks.ts'
import { addedColumn } from '../../safe-forms/split.ts'
import { listCommands } from '../../known/parts.ts'
import { isCounted, type Rule } from '../rule.ts'

export const requiredColumnFails: Rule = {
  id: 'required-column-fails',
  level: 'error',
  hazards: ['may-fail-on-rows', 'breaks-previous-release'],
  problem:
    'a column that requires a value and has no default cannot be added to rows that are there.',
  why: 'PostgreSQL refuses with 23502 where there is one row. On an empty table the INSERTs of the previous release fail, since they leave the column out.',
  instead:
    'Give it a constant default, or add it as nullable, fill it, and require a value in a later migration.',
  check({ node }, context) {
    return listCommands(node, 'AddColumn').flatMap(({ table, command }) => {
      const { isRequired, column: { colname = '' } = {} } = addedColumn(command) ?? {}
      const check = noRows(quoteName(table.name, table.schema), colname)
      return isRequired && !isCounted(check, context)
        ? [{ about: `${shown(table)}.${colname}`, table }]
        : []
    })
  },
  example: {
    given: 'create table t (id int primary key); insert into t values (1)',
    unsafe: 'alter table t add column a int not null',
    fails: '23502',
    safe: 'alter table t add column a int not null default 0',
  },
}
