import { Migration } from '@mikro-orm/migrations'

/**
 * The unique key on entities leads with project_id; this index only cost writes.
 *
 * Locks: SHARE UPDATE EXCLUSIVE on entities: reads and writes go on.
 */
export class Migration20261122154403_drop_idx_entities_project extends Migration {
  override name = 'Migration20261122154403_drop_idx_entities_project'

  override isTransactional(): boolean {
    return false
  }

  override up(): void {
    this.addSql(`drop index concurrently "idx_entities_project";`)
  }

  override down(): void {
    this.addSql(`create index concurrently "idx_entities_project" on "entities" ("project_id");`)
  }
}
