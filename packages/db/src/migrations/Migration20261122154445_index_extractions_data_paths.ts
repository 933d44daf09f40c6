import { Migration } from '@mikro-orm/migrations'

/**
 * Facts are looked for by containment (`data @> '{"unit": "GB"}'`), which jsonb_path_ops answers from one entry for a whole
 * path; the default operator class splits it into keys and values. Built beside the old index, which goes next.
 *
 * Locks: SHARE UPDATE EXCLUSIVE on extractions while the index is built: reads and writes go on.
 */
export class Migration20261122154445_index_extractions_data_paths extends Migration {
  override name = 'Migration20261122154445_index_extractions_data_paths'

  override isTransactional(): boolean {
    return false
  }

  override up(): void {
    this.addSql(
      `create index concurrently "idx_extractions_data_paths" on "extractions" using gin ("data" jsonb_path_ops);`,
    )
  }

  override down(): void {
    this.addSql(`drop index concurrently "idx_extractions_data_paths";`)
  }
}
