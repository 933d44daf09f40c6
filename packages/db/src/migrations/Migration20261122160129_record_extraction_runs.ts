import { Migration } from '@mikro-orm/migrations'
import type { Check } from '@techfacts/migrator'

/**
 * A run is one reading of a source for a job. Its extractions are stored once, whoever tries a chunk again, and are seen when
 * the run becomes current, in the transaction that removes the run before it. Jobs say how far they are. The pages of a
 * project's extractions get an index in their order; it begins like the one that goes.
 *
 * Locks: ACCESS EXCLUSIVE on jobs and extractions, SHARE ROW EXCLUSIVE on jobs and sources, each for a catalog change only: a
 * constant default rewrites nothing. SHARE UPDATE EXCLUSIVE on extractions while the key is validated and the indexes are
 * built: reads and writes go on. Its `down` loses which run an extraction came from.
 */
export class Migration20261122160129_record_extraction_runs extends Migration {
  override name = 'Migration20261122160129_record_extraction_runs'

  override isTransactional(): boolean {
    return false
  }

  /** The release before would take the extractions of an unfinished run for facts. */
  downRequires(): Check[] {
    return [
      {
        query: `select count(*) as "extraction_runs" from extraction_runs where not is_current`,
        says: 'Some extraction runs are not finished. Let their jobs end, or delete those runs, then run this again.',
      },
    ]
  }

  override up(): void {
    this.addSql(
      `create table "extraction_runs" ("id" uuid not null default gen_random_uuid(), "job_id" uuid null, "source_id" uuid not null, "profile_used" text not null, "extractor" text not null, "input_hash" text not null, "chunks_done" int not null default 0, "is_current" boolean not null default false, "created_at" timestamptz not null default now(), primary key ("id"));`,
    )
    this.addSql(`create index "idx_extraction_runs_source" on "extraction_runs" ("source_id");`)
    this.addSql(
      `alter table "extraction_runs" add constraint "extraction_runs_job_id_source_id_key" unique ("job_id", "source_id");`,
    )
    this.addSql(
      `create unique index "extraction_runs_current_key" on "extraction_runs" ("source_id", "profile_used") where is_current;`,
    )
    this.addSql(
      `alter table "extraction_runs" add constraint "extraction_runs_job_id_fkey" foreign key ("job_id") references "jobs" ("id") on update no action on delete set null;`,
    )
    this.addSql(
      `alter table "extraction_runs" add constraint "extraction_runs_source_id_fkey" foreign key ("source_id") references "sources" ("id") on update no action on delete cascade;`,
    )
    this.addSql(`alter table "jobs" add "progress" jsonb null;`)
    this.addSql(
      `alter table "extractions" add "run_id" uuid null, add "ordinal" int not null default 0;`,
    )
    this.addSql(
      `alter table "extractions" add constraint "extractions_run_id_fkey" foreign key ("run_id") references "extraction_runs" ("id") on update no action on delete cascade not valid;`,
    )
    this.addSql(`alter table "extractions" validate constraint "extractions_run_id_fkey";`)
    this.addSql(
      `create unique index concurrently "extractions_run_id_chunk_index_ordinal_key" on "extractions" ("run_id", "chunk_index", "ordinal") where run_id is not null;`,
    )
    this.addSql(
      `create index concurrently "idx_extractions_page" on "extractions" ("project_id", "created_at", "ordinal", "id");`,
    )
    this.addSql(`drop index concurrently "idx_extractions_project";`)
  }

  override down(): void {
    this.addSql(
      `create index concurrently "idx_extractions_project" on "extractions" ("project_id");`,
    )
    this.addSql(`drop index concurrently "idx_extractions_page";`)
    this.addSql(`drop index concurrently "extractions_run_id_chunk_index_ordinal_key";`)
    this.addSql(`alter table "extractions" drop constraint "extractions_run_id_fkey";`)
    this.addSql(`alter table "extractions" drop column "run_id", drop column "ordinal";`)
    this.addSql(`drop table "extraction_runs";`)
    this.addSql(`alter table "jobs" drop column "progress";`)
  }
}
