import { Migration } from '@mikro-orm/migrations'

/**
 * The unique key projects_name_key is the same index; this one only cost writes.
 *
 * Locks: SHARE UPDATE EXCLUSIVE on projects: reads and writes go on.
 */
export class Migration20261122154400_drop_idx_projects_name extends Migration {
  override name = 'Migration20261122154400_drop_idx_projects_name'

  override isTransactional(): boolean {
    return false
  }

  override up(): void {
    this.addSql(`drop index concurrently "idx_projects_name";`)
  }

  override down(): void {
    this.addSql(`create index concurrently "idx_projects_name" on "projects" ("name");`)
  }
}
