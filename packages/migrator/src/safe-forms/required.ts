import type { RangeVar } from '@pgsql/types'
import { toName } from '../phase/release.ts'
import { quoteName } from '../sql/quote-name.ts'
import { writeIsSet } from './null-tests.ts'
import type { Before } from './safe-form.ts'
import { tableOf } from './table.ts'

/** A CHECK that is validated tells SET NOT NULL that no row has to be read again. */
export function requireValue(
  relation: RangeVar,
  columnName: string,
  { known, news }: Pick<Before, 'known' | 'news'>,
): string[] {
  const table = tableOf(relation)
  const column = quoteName(columnName)
  // Not `…_not_null`: that is what PostgreSQL 18 calls the NOT NULL constraint itself.
  const name = `${relation.relname}_${columnName}_is_set`
  const check = quoteName(news.findFreeName(toName(relation), name, known))
  return [
    `alter table ${table} add constraint ${check} check (${writeIsSet(toName(relation), columnName, known)}) not valid;`,
    `alter table ${table} validate constraint ${check};`,
    `alter table ${table} alter column ${column} set not null;`,
    `alter table ${table} drop constraint ${check};`,
  ]
}
