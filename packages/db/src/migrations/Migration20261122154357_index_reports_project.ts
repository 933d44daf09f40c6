import { Migration } from '@mikro-orm/migrations'

/**
 * Deleting a project looks for its reports; without this index it reads all of them, once for each project.
 *
 * Locks: SHARE UPDATE EXCLUSIVE on reports while the index is built: reads and writes go on.
 */
export class Migration20261122154357_index_reports_project extends Migration {
  override name = 'Migration20261122154357_index_reports_project'

  override isTransactional(): boolean {
    return false
  }

  override up(): void {
    this.addSql(`create index concurrently "idx_reports_project" on "reports" ("project_id");`)
  }

  override down(): void {
    this.addSql(`drop index concurrently "idx_reports_project";`)
  }
}
