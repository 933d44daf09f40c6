import { createTestDatabase } from '@techfacts/postgres/testing'
import { sqlProject, type SqlMigration } from '../../testing/sql-project.ts'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Project } from '../../project/project.ts'
import type { RecordedEntity, RecordedRelease } from '../../releases/recorded-release.ts'
import { recordCatalogs } from '../../scratch/record-catalogs.ts'
import { databaseTarget } from '../../session/database-target.ts'
import { verify } from '../index.ts'
import type { VerifyReport } from '../report.ts'

/** A migration on the tables of {@link SHOP}, or on those of its own. */
export interface Case extends SqlMigration {
  /** What comes before it, in a migration of its own. */
  readonly given?: string
  /** What it does once its schema is recorded. */
  readonly later?: string
  /** Its data test, as source. */
  readonly test?: string
  /** The release that it is held against. */
  readonly previous?: RecordedRelease
  /** The queries of the build that brings the migration, a line each. */
  readonly queries?: string
  /** The entities of the build that brings the migration. */
  readonly entities?: readonly RecordedEntity[]
}

/** Tables as an application has them. */
const SHOP = `
  create table customer (id bigint generated always as identity primary key, email text not null, name text, note text);
  create table orders (id serial primary key, customer_id bigint not null references customer (id), state text not null default 'new',
    total numeric(10, 2) not null, at timestamptz not null default '2026-01-01 00:00:00+00');
  create index orders_state on orders (state);
  create type mood as enum ('calm', 'glad');
  create table review (id int primary key, order_id int references orders (id) on delete cascade, mood mood not null, stars int not null);
  create table log (at timestamptz not null, line text);
  create view open_orders as select id, total from orders where state = 'new'`

/** Its rows. */
const ROWS = `
  insert into customer (email, name, note) select 'c' || n || '@x.org', case when n % 3 > 0 then 'C ' || n end, 'note ' || n
    from generate_series(1, 12) n;
  insert into orders (customer_id, state, total) select 1 + n % 12, case when n % 4 = 0 then 'paid' else 'new' end, n * 1.5
    from generate_series(1, 24) n;
  insert into review select n, n, case when n % 2 = 0 then 'calm'::mood else 'glad' end, n % 5 from generate_series(1, 10) n;
  insert into log select '2026-01-01', 'line ' || n % 3 from generate_series(1, 9) n`

/** Verifies the migration, after one that makes what it needs. */
export async function verifyCase(one: Case): Promise<VerifyReport> {
  await using server = await createTestDatabase()
  const { url } = server
  const { given = '', later, test, previous, entities = [], queries, ...migration } = one
  const base: SqlMigration = {
    up: `${SHOP}; ${given}`,
    down: 'drop table log, review, orders, customer cascade; drop type mood',
  }
  const project = await sqlProject({ Migration1_base: base, Migration2_case: migration })
  try {
    const folder = join(dirname(project.manifestPath), 'tests')
    await mkdir(folder)
    await writeFile(join(folder, 'fixtures.sql'), ROWS)
    if (test !== undefined) await writeFile(join(folder, 'Migration2_case.ts'), test)
    if (queries !== undefined)
      await writeFile(join(dirname(project.manifestPath), 'queries.jsonl'), queries)
    if (later === undefined) await record(url, project)
    else await recordAs(url, project, { base, migration: { ...migration, up: later } })
    const load = async () => ({ ...(await project.load()), readEntities: () => entities })
    return await verify({ ...project, load }, (work) => work(databaseTarget(url)), {
      choice: { which: 'Migration2_case' },
      rows: { seed: 1, rowsPerTable: 5 },
      ...(previous && { previous }),
    })
  } finally {
    await project.drop()
  }
}

async function record(url: string, project: Project): Promise<void> {
  const { stopped } = await recordCatalogs(project, (work) => work(databaseTarget(url)))
  if (stopped) throw new Error(`${stopped.name} does not run: ${stopped.reason}`)
}

/** Records of the project what another one does. */
async function recordAs(
  url: string,
  project: Awaited<ReturnType<typeof sqlProject>>,
  { base, migration }: { readonly base: SqlMigration; readonly migration: SqlMigration },
): Promise<void> {
  const { readCompiled, writeCompiled } = await import('../../compiled/compiled-file.ts')
  const other = await sqlProject({ Migration1_base: base, Migration2_case: migration })
  await record(url, other)
  for (const name of ['Migration1_base', 'Migration2_case']) {
    const there = await readCompiled(dirname(other.manifestPath), name)
    const here = await readCompiled(dirname(project.manifestPath), name)
    if (!there || !here) throw new Error(`${name} is not compiled.`)
    await writeCompiled(dirname(project.manifestPath), name, { ...here, catalog: there.catalog })
  }
  await other.drop()
}
