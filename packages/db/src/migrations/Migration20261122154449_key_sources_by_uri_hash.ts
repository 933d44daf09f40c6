import { Migration } from '@mikro-orm/migrations'
import type { Check } from '@techfacts/migrator'

/**
 * A source is known by its project and the hash of its URI: a btree row holds 2704 bytes, so the key over the raw text fails
 * the insert of a long URI. Built beside the raw key, which goes next.
 *
 * Locks: SHARE UPDATE EXCLUSIVE on sources while the index is built: reads and writes go on.
 */
export class Migration20261122154449_key_sources_by_uri_hash extends Migration {
  override name = 'Migration20261122154449_key_sources_by_uri_hash'

  override isTransactional(): boolean {
    return false
  }

  requires(): Check[] {
    return [
      {
        query: `select coalesce(sum(extra), 0)::bigint as "sources.uri" from
          (select count(*) - 1 as extra from sources group by project_id, md5(uri) having count(*) > 1) as doubles`,
        says: 'Sources of one project share the md5 of their URI with another. Delete or merge the doubles, then run this again.',
      },
    ]
  }

  override up(): void {
    this.addSql(
      `create unique index concurrently "sources_project_id_uri_md5_key" on "sources" ("project_id", md5("uri"));`,
    )
  }

  override down(): void {
    this.addSql(`drop index concurrently "sources_project_id_uri_md5_key";`)
  }
}
