import { Migration } from '@mikro-orm/migrations'

/**
 * Deleting an entity looks for its links, and the sources that mention an entity are found through them; the unique key leads
 * with the extraction and helps neither.
 *
 * Locks: SHARE UPDATE EXCLUSIVE on extraction_entities while the index is built: reads and writes go on.
 */
export class Migration20261122154359_index_extraction_entities_entity extends Migration {
  override name = 'Migration20261122154359_index_extraction_entities_entity'

  override isTransactional(): boolean {
    return false
  }

  override up(): void {
    this.addSql(
      `create index concurrently "idx_extraction_entities_entity" on "extraction_entities" ("entity_id");`,
    )
  }

  override down(): void {
    this.addSql(`drop index concurrently "idx_extraction_entities_entity";`)
  }
}
