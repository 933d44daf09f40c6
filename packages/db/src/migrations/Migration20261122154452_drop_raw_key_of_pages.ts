import { Migration } from '@mikro-orm/migrations'
import type { Check } from '@techfacts/migrator'

/**
 * The key over the hash does what the raw one did, and takes a URL of any length. A contract step: an application that
 * still says `on conflict (url)` finds no such key any more.
 *
 * Locks: ACCESS EXCLUSIVE on pages for a catalog change only. Its `down` builds the index under SHARE UPDATE EXCLUSIVE, then
 * makes it the constraint again by a catalog change.
 */
export class Migration20261122154452_drop_raw_key_of_pages extends Migration {
  override name = 'Migration20261122154452_drop_raw_key_of_pages'

  readonly phase = 'contract'

  override isTransactional(): boolean {
    return false
  }

  requires(): Check[] {
    return [
      {
        query: `select coalesce(bool_and(indisvalid), false) as "pages_url_md5_key is valid"
          from pg_index where indexrelid = to_regclass('pages_url_md5_key')`,
        says: 'The key over the hash is missing or invalid, and the raw one would be the only one that keeps doubles out.',
      },
    ]
  }

  /**
   * A btree row holds 2704 bytes; 8 are the row's header. A URL of this size is stored out of line, where
   * pg_column_size leaves out the 4 bytes of length that the index keeps. One that PostgreSQL compressed stays so there.
   */
  downRequires(): Check[] {
    return [
      {
        query: `select count(*) filter (where pg_column_size(url) > 2692) as "pages.url" from pages`,
        says: 'Some URLs are too long for the raw key: a btree row holds 2704 bytes. Shorten or delete those pages, or stay above this migration.',
      },
    ]
  }

  override up(): void {
    this.addSql(`alter table "pages" drop constraint "pages_url_key";`)
  }

  override down(): void {
    this.addSql(`create unique index concurrently "pages_url_key" on "pages" ("url");`)
    this.addSql(
      `alter table "pages" add constraint "pages_url_key" unique using index "pages_url_key";`,
    )
  }
}
