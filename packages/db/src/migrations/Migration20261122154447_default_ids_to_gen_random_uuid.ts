import { Migration } from '@mikro-orm/migrations'
import type { Check } from '@techfacts/migrator'

/**
 * New ids come from PostgreSQL's own gen_random_uuid(), so that nothing of ours needs the extension uuid-ossp. The extension
 * stays installed: other objects may use it.
 *
 * Locks: ACCESS EXCLUSIVE, one table after the other, for a catalog change only; ids that are there stay as they are. Every
 * statement can be run again after a run that stopped half-way.
 */
export class Migration20261122154447_default_ids_to_gen_random_uuid extends Migration {
  override name = 'Migration20261122154447_default_ids_to_gen_random_uuid'

  override isTransactional(): boolean {
    return false
  }

  downRequires(): Check[] {
    return [
      {
        query: `select to_regproc('uuid_generate_v4') is not null as "uuid_generate_v4()"`,
        says: 'The old default needs the extension uuid-ossp, which is gone: `create extension "uuid-ossp"`, then run this again.',
      },
    ]
  }

  override up(): void {
    this.addSql(`alter table "pages" alter column "id" set default gen_random_uuid();`)
    this.addSql(`alter table "facts" alter column "id" set default gen_random_uuid();`)
    this.addSql(`alter table "profiles" alter column "id" set default gen_random_uuid();`)
    this.addSql(`alter table "projects" alter column "id" set default gen_random_uuid();`)
    this.addSql(`alter table "jobs" alter column "id" set default gen_random_uuid();`)
    this.addSql(`alter table "entities" alter column "id" set default gen_random_uuid();`)
    this.addSql(`alter table "reports" alter column "id" set default gen_random_uuid();`)
    this.addSql(`alter table "sources" alter column "id" set default gen_random_uuid();`)
    this.addSql(`alter table "extractions" alter column "id" set default gen_random_uuid();`)
    this.addSql(
      `alter table "extraction_entities" alter column "id" set default gen_random_uuid();`,
    )
  }

  override down(): void {
    this.addSql(`alter table "entities" alter column "id" set default uuid_generate_v4();`)
    this.addSql(
      `alter table "extraction_entities" alter column "id" set default uuid_generate_v4();`,
    )
    this.addSql(`alter table "extractions" alter column "id" set default uuid_generate_v4();`)
    this.addSql(`alter table "facts" alter column "id" set default uuid_generate_v4();`)
    this.addSql(`alter table "jobs" alter column "id" set default uuid_generate_v4();`)
    this.addSql(`alter table "pages" alter column "id" set default uuid_generate_v4();`)
    this.addSql(`alter table "profiles" alter column "id" set default uuid_generate_v4();`)
    this.addSql(`alter table "projects" alter column "id" set default uuid_generate_v4();`)
    this.addSql(`alter table "reports" alter column "id" set default uuid_generate_v4();`)
    this.addSql(`alter table "sources" alter column "id" set default uuid_generate_v4();`)
  }
}
