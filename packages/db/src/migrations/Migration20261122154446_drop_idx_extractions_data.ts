import { Migration } from '@mikro-orm/migrations'

/**
 * The GIN index of the default operator class: no filter of ours used it, and every new extraction paid for it.
 *
 * Locks: SHARE UPDATE EXCLUSIVE on extractions: reads and writes go on.
 */
export class Migration20261122154446_drop_idx_extractions_data extends Migration {
  override name = 'Migration20261122154446_drop_idx_extractions_data'

  override isTransactional(): boolean {
    return false
  }

  override up(): void {
    this.addSql(`drop index concurrently "idx_extractions_data";`)
  }

  override down(): void {
    this.addSql(
      `create index concurrently "idx_extractions_data" on "extractions" using gin ("data");`,
    )
  }
}
