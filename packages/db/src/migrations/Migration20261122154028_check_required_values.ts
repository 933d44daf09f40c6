import { Migration } from '@mikro-orm/migrations'
import type { Check } from '@techfacts/migrator'

import { addChecks, dropChecks, noNulls } from '../steps/required-values.ts'

/**
 * From here on no new row holds NULL in the 44 columns that every reader takes for set (status, flags, moments, seven
 * foreign keys): a job with a NULL status is never picked up, and NULLs pass the unique keys, since they are distinct.
 *
 * Locks: ACCESS EXCLUSIVE, one table after the other, for a catalog change only; NOT VALID reads no row.
 */
export class Migration20261122154028_check_required_values extends Migration {
  override name = 'Migration20261122154028_check_required_values'

  override isTransactional(): boolean {
    return false
  }

  requires(): Check[] {
    return noNulls()
  }

  override up(): void {
    for (const sql of addChecks()) this.addSql(sql)
  }

  override down(): void {
    for (const sql of dropChecks()) this.addSql(sql)
  }
}
