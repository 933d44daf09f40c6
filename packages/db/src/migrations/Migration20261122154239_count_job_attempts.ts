import { Migration } from '@mikro-orm/migrations'

/**
 * How often a job was tried and how often it may be, so that a poison job ends instead of repeating for ever.
 *
 * Locks: ACCESS EXCLUSIVE on jobs for a catalog change only: constant defaults rewrite nothing. Its `down` loses both counts,
 * for which generation B has no column.
 */
export class Migration20261122154239_count_job_attempts extends Migration {
  override name = 'Migration20261122154239_count_job_attempts'

  override up(): void {
    this.addSql(
      `alter table "jobs" add "attempt_count" int not null default 0, add "max_attempts" int not null default 5;`,
    )
  }

  override down(): void {
    this.addSql(`alter table "jobs" drop column "attempt_count", drop column "max_attempts";`)
  }
}
