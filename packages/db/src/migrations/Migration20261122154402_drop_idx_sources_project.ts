import { Migration } from '@mikro-orm/migrations'

/**
 * The unique key on sources leads with project_id (the one by hash that follows does, too); this index only cost writes.
 *
 * Locks: SHARE UPDATE EXCLUSIVE on sources: reads and writes go on.
 */
export class Migration20261122154402_drop_idx_sources_project extends Migration {
  override name = 'Migration20261122154402_drop_idx_sources_project'

  override isTransactional(): boolean {
    return false
  }

  override up(): void {
    this.addSql(`drop index concurrently "idx_sources_project";`)
  }

  override down(): void {
    this.addSql(`create index concurrently "idx_sources_project" on "sources" ("project_id");`)
  }
}
