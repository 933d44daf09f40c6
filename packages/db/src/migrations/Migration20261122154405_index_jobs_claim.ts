import { Migration } from '@mikro-orm/migrations'

/**
 * What a worker looks for: the most urgent queued job, the oldest first. Partial, so its size is that of the queue and not of
 * the history.
 *
 * Locks: SHARE UPDATE EXCLUSIVE on jobs while the index is built: reads and writes go on.
 */
export class Migration20261122154405_index_jobs_claim extends Migration {
  override name = 'Migration20261122154405_index_jobs_claim'

  override isTransactional(): boolean {
    return false
  }

  override up(): void {
    this.addSql(
      `create index concurrently "idx_jobs_claim" on "jobs" ("priority" DESC, "created_at") where status = 'queued';`,
    )
  }

  override down(): void {
    this.addSql(`drop index concurrently "idx_jobs_claim";`)
  }
}
