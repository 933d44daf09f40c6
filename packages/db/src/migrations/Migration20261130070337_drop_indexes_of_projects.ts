import { Migration } from '@mikro-orm/migrations'

export class Migration20261130070337_drop_indexes_of_projects extends Migration {
  override name = 'Migration20261130070337_drop_indexes_of_projects'

  override isTransactional(): boolean {
    return false
  }

  override up(): void | Promise<void> {
    this.addSql(`drop index concurrently "idx_jobs_project";`)

    this.addSql(`drop index concurrently "idx_reports_project";`)
  }

  override down(): void | Promise<void> {
    this.addSql(`create index concurrently "idx_jobs_project" on "jobs" ("project_id");`)

    this.addSql(`create index concurrently "idx_reports_project" on "reports" ("project_id");`)
  }
}
