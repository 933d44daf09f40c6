import { Migration } from '@mikro-orm/migrations'
import type { Check } from '@techfacts/migrator'

import { addChecks, noNulls, validateChecks } from '../steps/required-values.ts'

/**
 * Reads the rows that were there before the CHECKs of the previous migration, so that PostgreSQL knows them to hold no NULL.
 *
 * Locks: SHARE UPDATE EXCLUSIVE, one table after the other, for one scan each: reads and writes go on. A migration of its
 * own, because in the transaction that added the CHECKs the scans would run under ACCESS EXCLUSIVE.
 */
export class Migration20261122154029_validate_required_values extends Migration {
  override name = 'Migration20261122154029_validate_required_values'

  override isTransactional(): boolean {
    return false
  }

  requires(): Check[] {
    return noNulls()
  }

  override up(): void {
    for (const sql of validateChecks()) this.addSql(sql)
  }

  /** A validation cannot be taken back, so each CHECK is dropped and added as it was. */
  override down(): void {
    for (const sql of addChecks()) this.addSql(sql)
  }
}
