import { Migration } from '@mikro-orm/migrations'
import type { Check } from '@techfacts/migrator'

/**
 * The schema as the legacy `init.sql` made it from its second release on ("generation B"), generated from the entities as
 * they were then: same columns, defaults, names. Databases that `init.sql` made join the chain here.
 *
 * Locks: none that anyone can wait for, the tables are new. Its `down` drops them one by one and without CASCADE, so that a
 * view that someone else built on them stops it; the extension stays, since other objects may use it.
 */
export class Migration20261122153648_legacy_generation_b extends Migration {
  override name = 'Migration20261122153648_legacy_generation_b'

  requires(): Check[] {
    return [
      {
        query: `select
          count(to_regclass('pages')) as pages,
          count(to_regclass('facts')) as facts,
          count(to_regclass('profiles')) as profiles,
          count(to_regclass('projects')) as projects,
          count(to_regclass('jobs')) as jobs,
          count(to_regclass('entities')) as entities,
          count(to_regclass('rate_limits')) as rate_limits,
          count(to_regclass('reports')) as reports,
          count(to_regclass('sources')) as sources,
          count(to_regclass('extractions')) as extractions,
          count(to_regclass('extraction_entities')) as extraction_entities`,
        says:
          'These tables are already there, made by something else; this migration starts from an empty database. ' +
          'Nothing was changed.',
      },
    ]
  }

  override up(): void {
    this.addSql(`create extension if not exists "uuid-ossp";`)

    this.addSql(
      `create table "pages" ("id" uuid not null default uuid_generate_v4(), "url" text not null, "domain" text not null, "company" text not null, "title" text null, "markdown_content" text null, "scraped_at" timestamptz null default now(), "status" text null default 'completed', "metadata" jsonb null default '{}', "created_at" timestamptz null default now(), "updated_at" timestamptz null default now(), primary key ("id"));`,
    )
    this.addSql(`alter table "pages" add constraint "pages_url_key" unique ("url");`)
    this.addSql(`create index "idx_pages_domain" on "pages" ("domain");`)
    this.addSql(`create index "idx_pages_company" on "pages" ("company");`)
    this.addSql(`create index "idx_pages_scraped_at" on "pages" ("scraped_at");`)
    this.addSql(`create index "idx_pages_status" on "pages" ("status");`)

    this.addSql(
      `create table "facts" ("id" uuid not null default uuid_generate_v4(), "page_id" uuid null, "fact_text" text not null, "category" text not null, "confidence" double precision not null, "profile_used" text not null, "embedding_id" text null, "extracted_at" timestamptz null default now(), "metadata" jsonb null default '{}', "created_at" timestamptz null default now(), primary key ("id"));`,
    )
    this.addSql(`create index "idx_facts_page_id" on "facts" ("page_id");`)
    this.addSql(`create index "idx_facts_category" on "facts" ("category");`)
    this.addSql(`create index "idx_facts_confidence" on "facts" ("confidence");`)
    this.addSql(`create index "idx_facts_profile" on "facts" ("profile_used");`)

    this.addSql(
      `create table "profiles" ("id" uuid not null default uuid_generate_v4(), "name" text not null, "categories" text[] not null, "prompt_focus" text not null, "depth" text not null, "custom_instructions" text null, "is_builtin" boolean null default false, "created_at" timestamptz null default now(), "updated_at" timestamptz null default now(), primary key ("id"));`,
    )
    this.addSql(`alter table "profiles" add constraint "profiles_name_key" unique ("name");`)

    this.addSql(
      `create table "projects" ("id" uuid not null default uuid_generate_v4(), "name" text not null, "description" text null, "source_config" jsonb not null default '{"type": "web", "group_by": "company"}', "extraction_schema" jsonb not null, "entity_types" jsonb not null default '[]', "prompt_templates" jsonb not null default '{}', "is_template" boolean null default false, "is_active" boolean null default true, "created_at" timestamptz null default now(), "updated_at" timestamptz null default now(), primary key ("id"));`,
    )
    this.addSql(`create index "idx_projects_name" on "projects" ("name");`)
    this.addSql(`alter table "projects" add constraint "projects_name_key" unique ("name");`)
    this.addSql(`create index "idx_projects_active" on "projects" ("is_active");`)

    this.addSql(
      `create table "jobs" ("id" uuid not null default uuid_generate_v4(), "project_id" uuid null, "type" text not null, "status" text null default 'queued', "priority" int null default 0, "payload" jsonb not null, "result" jsonb null, "error" text null, "created_at" timestamptz null default now(), "started_at" timestamptz null, "completed_at" timestamptz null, primary key ("id"));`,
    )
    this.addSql(`create index "idx_jobs_project" on "jobs" ("project_id");`)
    this.addSql(`create index "idx_jobs_type" on "jobs" ("type");`)
    this.addSql(`create index "idx_jobs_status" on "jobs" ("status");`)
    this.addSql(`create index "idx_jobs_created_at" on "jobs" ("created_at");`)

    this.addSql(
      `create table "entities" ("id" uuid not null default uuid_generate_v4(), "project_id" uuid null, "source_group" text not null, "entity_type" text not null, "value" text not null, "normalized_value" text not null, "attributes" jsonb null default '{}', "created_at" timestamptz null default now(), primary key ("id"));`,
    )
    this.addSql(`create index "idx_entities_project" on "entities" ("project_id");`)
    this.addSql(`create index "idx_entities_group" on "entities" ("source_group");`)
    this.addSql(`create index "idx_entities_type" on "entities" ("entity_type");`)
    this.addSql(
      `alter table "entities" add constraint "entities_project_id_source_group_entity_type_normalized_val_key" unique ("project_id", "source_group", "entity_type", "normalized_value");`,
    )

    this.addSql(
      `create table "rate_limits" ("domain" text not null, "request_count" int null default 0, "last_request" timestamptz null, "daily_count" int null default 0, "daily_reset_at" date null default CURRENT_DATE, primary key ("domain"));`,
    )

    this.addSql(
      `create table "reports" ("id" uuid not null default uuid_generate_v4(), "project_id" uuid null, "type" text not null, "title" text null, "content" text null, "source_groups" jsonb null default '[]', "categories" jsonb null default '[]', "extraction_ids" jsonb null default '[]', "format" text null default 'md', "metadata" jsonb null default '{}', "created_at" timestamptz null default now(), primary key ("id"));`,
    )
    this.addSql(`create index "idx_reports_type" on "reports" ("type");`)
    this.addSql(`create index "idx_reports_created_at" on "reports" ("created_at");`)

    this.addSql(
      `create table "sources" ("id" uuid not null default uuid_generate_v4(), "project_id" uuid null, "source_type" text not null default 'web', "uri" text not null, "source_group" text not null, "title" text null, "content" text null, "raw_content" text null, "metadata" jsonb null default '{}', "outbound_links" jsonb null default '[]', "status" text null default 'pending', "fetched_at" timestamptz null, "created_at" timestamptz null default now(), primary key ("id"));`,
    )
    this.addSql(`create index "idx_sources_project" on "sources" ("project_id");`)
    this.addSql(`create index "idx_sources_group" on "sources" ("source_group");`)
    this.addSql(`create index "idx_sources_status" on "sources" ("status");`)
    this.addSql(
      `alter table "sources" add constraint "sources_project_id_uri_key" unique ("project_id", "uri");`,
    )

    this.addSql(
      `create table "extractions" ("id" uuid not null default uuid_generate_v4(), "project_id" uuid null, "source_id" uuid null, "data" jsonb not null, "extraction_type" text not null, "source_group" text not null, "confidence" double precision null, "profile_used" text null, "chunk_index" int null, "chunk_context" jsonb null, "embedding_id" text null, "extracted_at" timestamptz null default now(), "created_at" timestamptz null default now(), primary key ("id"));`,
    )
    this.addSql(`create index "idx_extractions_project" on "extractions" ("project_id");`)
    this.addSql(`create index "idx_extractions_source" on "extractions" ("source_id");`)
    this.addSql(`create index "idx_extractions_type" on "extractions" ("extraction_type");`)
    this.addSql(`create index "idx_extractions_group" on "extractions" ("source_group");`)
    this.addSql(`create index "idx_extractions_confidence" on "extractions" ("confidence");`)
    this.addSql(`create index "idx_extractions_data" on "extractions" using gin ("data");`)

    this.addSql(
      `create table "extraction_entities" ("id" uuid not null default uuid_generate_v4(), "extraction_id" uuid null, "entity_id" uuid null, "role" text null default 'mention', "created_at" timestamptz null default now(), primary key ("id"));`,
    )
    this.addSql(
      `alter table "extraction_entities" add constraint "extraction_entities_extraction_id_entity_id_role_key" unique ("extraction_id", "entity_id", "role");`,
    )

    this.addSql(
      `alter table "facts" add constraint "facts_page_id_fkey" foreign key ("page_id") references "pages" ("id") on update no action on delete cascade;`,
    )

    this.addSql(
      `alter table "jobs" add constraint "jobs_project_id_fkey" foreign key ("project_id") references "projects" ("id") on update no action on delete set null;`,
    )

    this.addSql(
      `alter table "entities" add constraint "entities_project_id_fkey" foreign key ("project_id") references "projects" ("id") on update no action on delete cascade;`,
    )

    this.addSql(
      `alter table "reports" add constraint "reports_project_id_fkey" foreign key ("project_id") references "projects" ("id") on update no action on delete cascade;`,
    )

    this.addSql(
      `alter table "sources" add constraint "sources_project_id_fkey" foreign key ("project_id") references "projects" ("id") on update no action on delete cascade;`,
    )

    this.addSql(
      `alter table "extractions" add constraint "extractions_project_id_fkey" foreign key ("project_id") references "projects" ("id") on update no action on delete cascade;`,
    )
    this.addSql(
      `alter table "extractions" add constraint "extractions_source_id_fkey" foreign key ("source_id") references "sources" ("id") on update no action on delete cascade;`,
    )

    this.addSql(
      `alter table "extraction_entities" add constraint "extraction_entities_extraction_id_fkey" foreign key ("extraction_id") references "extractions" ("id") on update no action on delete cascade;`,
    )
    this.addSql(
      `alter table "extraction_entities" add constraint "extraction_entities_entity_id_fkey" foreign key ("entity_id") references "entities" ("id") on update no action on delete cascade;`,
    )
  }

  override down(): void {
    this.addSql(`alter table "facts" drop constraint "facts_page_id_fkey";`)
    this.addSql(`alter table "jobs" drop constraint "jobs_project_id_fkey";`)
    this.addSql(`alter table "entities" drop constraint "entities_project_id_fkey";`)
    this.addSql(`alter table "reports" drop constraint "reports_project_id_fkey";`)
    this.addSql(`alter table "sources" drop constraint "sources_project_id_fkey";`)
    this.addSql(`alter table "extractions" drop constraint "extractions_project_id_fkey";`)
    this.addSql(
      `alter table "extraction_entities" drop constraint "extraction_entities_entity_id_fkey";`,
    )
    this.addSql(`alter table "extractions" drop constraint "extractions_source_id_fkey";`)
    this.addSql(
      `alter table "extraction_entities" drop constraint "extraction_entities_extraction_id_fkey";`,
    )

    this.addSql(`drop table "pages";`)
    this.addSql(`drop table "facts";`)
    this.addSql(`drop table "profiles";`)
    this.addSql(`drop table "projects";`)
    this.addSql(`drop table "jobs";`)
    this.addSql(`drop table "entities";`)
    this.addSql(`drop table "rate_limits";`)
    this.addSql(`drop table "reports";`)
    this.addSql(`drop table "sources";`)
    this.addSql(`drop table "extractions";`)
    this.addSql(`drop table "extraction_entities";`)
  }
}
