import { Migration } from '@mikro-orm/migrations'
import type { Check } from '@techfacts/migrator'

/**
 * A page is known by the hash of its URL: a btree row holds 2704 bytes, so the key over the raw text fails the insert of a
 * long URL. Built beside the raw key, which goes next.
 *
 * Locks: SHARE UPDATE EXCLUSIVE on pages while the index is built: reads and writes go on.
 */
export class Migration20261122154450_key_pages_by_url_hash extends Migration {
  override name = 'Migration20261122154450_key_pages_by_url_hash'

  override isTransactional(): boolean {
    return false
  }

  requires(): Check[] {
    return [
      {
        query: `select coalesce(sum(extra), 0)::bigint as "pages.url" from
          (select count(*) - 1 as extra from pages group by md5(url) having count(*) > 1) as doubles`,
        says: 'Pages share the md5 of their URL with another. Delete or merge the doubles, then run this again.',
      },
    ]
  }

  override up(): void {
    this.addSql(`create unique index concurrently "pages_url_md5_key" on "pages" (md5("url"));`)
  }

  override down(): void {
    this.addSql(`drop index concurrently "pages_url_md5_key";`)
  }
}
