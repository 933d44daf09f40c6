import { Migration } from '@mikro-orm/migrations'
import type { Check } from '@techfacts/migrator'

import { addChecks, dropChecks, noStrangers } from '../steps/vocabulary-checks.ts'

/**
 * From here on no new row has a status, type or depth that no code knows, or a confidence outside 0 to 1 (17 could be
 * stored).
 *
 * Locks: ACCESS EXCLUSIVE, one table after the other, for a catalog change only; NOT VALID reads no row.
 */
export class Migration20261122154204_check_vocabularies extends Migration {
  override name = 'Migration20261122154204_check_vocabularies'

  override isTransactional(): boolean {
    return false
  }

  requires(): Check[] {
    return noStrangers()
  }

  override up(): void {
    for (const sql of addChecks()) this.addSql(sql)
  }

  override down(): void {
    for (const sql of dropChecks()) this.addSql(sql)
  }
}
