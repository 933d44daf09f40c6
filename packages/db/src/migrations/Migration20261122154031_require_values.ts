import { Migration } from '@mikro-orm/migrations'

import {
  addChecks,
  dropChecks,
  dropNotNull,
  setNotNull,
  validateChecks,
} from '../steps/required-values.ts'

/**
 * Makes the 44 columns NOT NULL, which the entities say and every planner can use, and drops the CHECKs that served.
 *
 * Locks: ACCESS EXCLUSIVE, one table after the other, for a catalog change only: SET NOT NULL believes the valid CHECK and
 * reads no row. Its `down` builds the valid CHECKs again in the same cheap way.
 */
export class Migration20261122154031_require_values extends Migration {
  override name = 'Migration20261122154031_require_values'

  override isTransactional(): boolean {
    return false
  }

  override up(): void {
    for (const sql of [...setNotNull(), ...dropChecks()]) this.addSql(sql)
  }

  override down(): void {
    for (const sql of [...addChecks(), ...validateChecks(), ...dropNotNull()]) this.addSql(sql)
  }
}
