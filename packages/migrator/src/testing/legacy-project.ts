import { createTestDatabase } from '@techfacts/postgres/testing'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Adoption } from '../adopt/index.ts'
import { serializeCatalog } from '../catalog/index.ts'
import { readSchema } from './database.ts'
import { query } from './query.ts'
import { recordExpectedCatalogs } from './expected-catalogs.ts'
import { sqlProject, type SqlMigration } from './sql-project.ts'

const MIGRATIONS: Readonly<Record<string, SqlMigration>> = {
  Migration1_first: {
    up: `create table customer (id int generated always as identity primary key, name text not null);
      create table purchase (id int generated always as identity primary key, customer_id int references customer,
        code text, state text default 'open', discount numeric);
      create table line (id int primary key, purchase_id int not null references purchase on delete cascade)`,
    down: 'drop table line, purchase, customer',
  },
  Migration2_require: {
    up: `alter table purchase alter customer_id set not null, alter state set not null,
        add constraint purchase_state_check check (state in ('open', 'paid')),
        add constraint purchase_discount_check check (discount >= 0 and discount <= 100)`,
    down: `alter table purchase drop constraint purchase_discount_check, drop constraint purchase_state_check,
        alter state drop not null, alter customer_id drop not null`,
  },
  Migration3_key: {
    up: 'create unique index purchase_key on purchase (customer_id, code)',
    down: 'drop index purchase_key',
  },
}

export const MIGRATION_NAMES = Object.keys(MIGRATIONS)

const ADOPTION: Adoption = {
  schemas: [
    {
      name: 'release 0.9',
      catalog: 'release-0.9.jsonl',
      joinsAfter: 'Migration1_first',
      upgrade: ['alter table purchase rename column client_id to customer_id'],
      columnSources: { 'purchase.customer_id': 'client_id' },
    },
  ],
  placeholderParents: {
    'public.customer': {
      description: 'a customer named "unknown"',
      insert: `insert into customer (name) select 'unknown' where not exists (select from customer where name = 'unknown')`,
      find: `select id from customer where name = 'unknown'`,
      unusedKey: '-1',
    },
  },
}

/** A database of release 0.9, with rows that violate every constraint of the migrations. */
export async function prepareLegacy(url: string): Promise<void> {
  await query(
    url,
    `create table customer (id int generated always as identity primary key, name text not null);
     create table purchase (id int generated always as identity primary key, client_id int references customer,
       code text, state text default 'open', discount numeric);
     create table line (id int primary key, purchase_id int not null references purchase on delete cascade);
     alter table purchase rename constraint purchase_client_id_fkey to purchase_customer_id_fkey;
     insert into customer (name) values ('one');
     insert into purchase (client_id, code, state, discount) values
       (1, 'a', 'open', 10), (1, 'a', 'open', 20), (null, 'b', 'paid', null), (1, 'c', null, 0),
       (1, 'd', 'lost', 100), (1, 'e', 'paid', 101), (1, 'f', 'paid', 'NaN'), (1, 'g', 'paid', -1);
     insert into line select id, id from purchase`,
  )
}

/** What becomes of the rows that violate them, so that the database can be adopted. */
export const LEGACY_DECISIONS = [
  'purchase.customer_id:null=placeholder',
  'purchase.state:null=default',
  'purchase.state:word=map:lost=paid',
  'purchase.discount:range=clamp,null',
  'purchase_key:duplicate=quarantine',
]

/** A project with a legacy schema, its expected catalogs and its placeholder parent. */
export async function legacyProject(): Promise<Awaited<ReturnType<typeof sqlProject>>> {
  const project = await sqlProject(MIGRATIONS)
  await recordExpectedCatalogs(project)
  await using legacy = await createTestDatabase({ prepare: prepareLegacy })
  const folder = dirname(project.manifestPath)
  const catalog = serializeCatalog(await readSchema(legacy.url))
  await writeFile(join(folder, 'release-0.9.jsonl'), catalog)
  const module = `export const adoption = ${JSON.stringify(ADOPTION)}\n`
  await writeFile(join(folder, 'adoption.mjs'), module)
  return project
}
