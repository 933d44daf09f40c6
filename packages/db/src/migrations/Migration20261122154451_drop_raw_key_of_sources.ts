import { Migration } from '@mikro-orm/migrations'
import type { Check } from '@techfacts/migrator'

/**
 * The key over the hash does what the raw one did, and takes a URI of any length. A contract step: an application that
 * still says `on conflict (project_id, uri)` finds no such key any more.
 *
 * Locks: ACCESS EXCLUSIVE on sources for a catalog change only. Its `down` builds the index under SHARE UPDATE EXCLUSIVE, then
 * makes it the constraint again by a catalog change.
 */
export class Migration20261122154451_drop_raw_key_of_sources extends Migration {
  override name = 'Migration20261122154451_drop_raw_key_of_sources'

  readonly phase = 'contract'

  override isTransactional(): boolean {
    return false
  }

  requires(): Check[] {
    return [
      {
        query: `select coalesce(bool_and(indisvalid), false) as "sources_project_id_uri_md5_key is valid"
          from pg_index where indexrelid = to_regclass('sources_project_id_uri_md5_key')`,
        says: 'The key over the hash is missing or invalid, and the raw one would be the only one that keeps doubles out.',
      },
    ]
  }

  /**
   * A btree row holds 2704 bytes; 8 are the row's header and 16 the project's UUID. A URI of this size is stored out of line, where
   * pg_column_size leaves out the 4 bytes of length that the index keeps. One that PostgreSQL compressed stays so there.
   */
  downRequires(): Check[] {
    return [
      {
        query: `select count(*) filter (where pg_column_size(uri) > 2676) as "sources.uri" from sources`,
        says: 'Some URIs are too long for the raw key: a btree row holds 2704 bytes. Shorten or delete those sources, or stay above this migration.',
      },
    ]
  }

  override up(): void {
    this.addSql(`alter table "sources" drop constraint "sources_project_id_uri_key";`)
  }

  override down(): void {
    this.addSql(
      `create unique index concurrently "sources_project_id_uri_key" on "sources" ("project_id", "uri");`,
    )
    this.addSql(
      `alter table "sources" add constraint "sources_project_id_uri_key" unique using index "sources_project_id_uri_key";`,
    )
  }
}
