import { Migration } from '@mikro-orm/migrations'

export class Migration20261130065338_pipeline_service extends Migration {
  override name = 'Migration20261130065338_pipeline_service'

  override isTransactional(): boolean {
    return false
  }

  override up(): void | Promise<void> {
    this.addSql(
      `create table "extraction_rejects" ("id" uuid not null default gen_random_uuid(), "run_id" uuid not null, "chunk_index" int not null, "ordinal" int not null default 0, "reason" text not null, "data" jsonb null, "created_at" timestamptz not null default now(), primary key ("id"));`,
    )
    this.addSql(
      `alter table "extraction_rejects" add constraint "extraction_rejects_run_id_chunk_index_ordinal_key" unique ("run_id", "chunk_index", "ordinal");`,
    )

    this.addSql(`alter table "projects" add "schema_version" int not null default 1;`)

    this.addSql(
      `create index concurrently "idx_jobs_page" on "jobs" ("project_id", "created_at", "id");`,
    )

    this.addSql(
      `create index concurrently "idx_entities_page" on "entities" ("project_id", "created_at", "id");`,
    )

    this.addSql(
      `create index concurrently "idx_reports_page" on "reports" ("project_id", "created_at", "id");`,
    )

    this.addSql(
      `create index concurrently "idx_sources_page" on "sources" ("project_id", "created_at", "id");`,
    )

    this.addSql(
      `alter table "extraction_runs" add "schema_version" int not null default 1, add "is_stale" boolean not null default false, add "rejected" int not null default 0, add "cut" int not null default 0;`,
    )

    this.addSql(
      `create index concurrently "idx_extractions_profile_page" on "extractions" ("project_id", "profile_used", "created_at", "ordinal", "id");`,
    )
    this.addSql(
      `create index concurrently "idx_extractions_words" on "extractions" using gin (to_tsvector('english', case when octet_length("data"::text) <= 200000 then "data" else '{}' end));`,
    )

    this.addSql(
      `alter table "extraction_rejects" add constraint "extraction_rejects_run_id_fkey" foreign key ("run_id") references "extraction_runs" ("id") on update no action on delete cascade;`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "extraction_rejects" cascade;`)

    this.addSql(`drop index concurrently "idx_entities_page";`)

    this.addSql(
      `alter table "extraction_runs" drop column "schema_version", drop column "is_stale", drop column "rejected", drop column "cut";`,
    )

    this.addSql(`drop index concurrently "idx_extractions_profile_page";`)
    this.addSql(`drop index concurrently "idx_extractions_words";`)

    this.addSql(`drop index concurrently "idx_jobs_page";`)

    this.addSql(`alter table "projects" drop column "schema_version";`)

    this.addSql(`drop index concurrently "idx_reports_page";`)

    this.addSql(`drop index concurrently "idx_sources_page";`)
  }
}
