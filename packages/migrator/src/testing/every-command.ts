import type { RunRequest } from '../run/request.ts'
import { defineEntity, MikroORM, p } from '@mikro-orm/postgresql'
import { Migration } from '@mikro-orm/migrations'
import { Client } from 'pg'
import { dirname } from 'node:path'
import { adopt, parseDecisions, planAdoption } from '../adopt/index.ts'
import { listArchive, purgeArchive, restoreFromArchive } from '../archive/manage.ts'
import { makeDelta, type Catalog } from '../catalog/index.ts'
import { readCompiled, writeCompiled } from '../compiled/compiled-file.ts'
import { readCatalogOf, readApplicationCatalog } from '../drift/application-catalog.ts'
import { MigratorError } from '../errors/index.ts'
import { check } from '../inspect/check.ts'
import { history } from '../inspect/history.ts'
import { preview } from '../inspect/preview.ts'
import { status } from '../inspect/status.ts'
import { readExecuted } from '../journal/executed.ts'
import { Migrator } from '../mikro-orm/migrator.ts'
import { findBookkeepingIssues } from '../repair/bookkeeping-issues.ts'
import { repair } from '../repair/repair.ts'
import { resolveInDoubt } from '../repair/resolve.ts'
import { grantApplicationRole } from '../grant/roles.ts'
import { run, runInTransaction } from '../run/index.ts'
import { withConnection } from '../session/connect.ts'
import { databaseTarget } from '../session/database-target.ts'
import { query } from './query.ts'
import { openSession } from './sessions.ts'
import { verify } from '../verify/index.ts'
import { sqlProject, type SqlMigration } from './sql-project.ts'

/** Statements of every kind that the engine treats in a way of its own; none uses a function or an operator. */
const CHAIN: Readonly<Record<string, SqlMigration>> = {
  Migration1_tables: {
    up: `create table parent (id integer generated always as identity primary key, name varchar(20) unique);
      create table child (id serial primary key, parent_id integer references parent on delete cascade, v text, n integer);
      create type mood as enum ('sad');
      create view seen as select id, v from child;
      insert into parent (name) values ('a'), ('b');
      insert into child (parent_id, v, n) values (1, 'x', 1), (2, 'y', 2)`,
    down: `drop view seen; drop table child; drop table parent; drop type mood`,
    downRequires: [{ query: 'select 0 as never', says: 'never' }],
  },
  Migration2_columns: {
    up: `alter table child add column w text; update child set w = 'w'; alter table child alter n type bigint`,
    down: `alter table child alter n type integer; update child set v = 'gone'; alter table child drop column w`,
  },
  Migration3_values: {
    up: `alter type mood add value 'glad'; alter table child add constraint v_set check (v is not null) not valid; alter table child validate constraint v_set`,
    down: `alter table child drop constraint v_set; delete from child`,
  },
  Migration4_concurrently: {
    up: `create index concurrently child_v on child (v)`,
    down: `drop index concurrently child_v`,
  },
  Migration5_part: {
    up: `create table log (at date not null) partition by range (at); create table log_1 partition of log for values from ('2026-01-01') to ('2027-01-01');
      insert into log values ('2026-02-02')`,
    down: `truncate log; drop table log`,
  },
}

const Author = defineEntity({ name: 'Author', properties: { id: p.integer().primary() } })

class Listed extends Migration {
  override up() {
    this.addSql('create table listed (id integer)')
  }
  override down() {
    this.addSql('drop table listed')
  }
}

/** How each step ended: `done`, or the code of its error. Anything but a MigratorError is a fault, and told whole. */
export type Outcomes = Record<string, string>

/** Runs every command of the engine, with and without something to do, on a database that nothing has been done to. */
export async function runEveryCommand(url: string, role: string): Promise<Outcomes> {
  const outcomes: Outcomes = {}
  const step = async (name: string, work: () => Promise<unknown>) => {
    outcomes[name] = await work().then(
      () => 'done',
      (error: unknown) => (error instanceof MigratorError ? error.code : String(error)),
    )
  }
  const project = await sqlProject(CHAIN)
  try {
    await runChain({ url, role, step, project })
    await runByHand({ url, role, step, project })
    await runDropIn(url, step)
  } finally {
    await project.drop()
  }
  return outcomes
}

interface Every {
  readonly url: string
  readonly role: string
  readonly step: (name: string, work: () => Promise<unknown>) => Promise<void>
  readonly project: Awaited<ReturnType<typeof sqlProject>>
}

async function runChain({ url, role, step, project }: Every): Promise<void> {
  const here = databaseTarget(url)
  const go = (request: RunRequest) => run(project, here, { yes: true, ...request })
  const up = { direction: 'up', target: 'head' } as const
  const base = { direction: 'down', target: 'base' } as const
  await step('status of nothing', () => status(project, here))
  await step('plan of everything', () => preview(project, here, up))
  await step('up', () => go(up))
  await step('grant', () => grantApplicationRole(here, role, 'password'))
  await step('up with nothing pending', () => go(up))
  await step('plan of the way back', () => preview(project, here, base))
  await step('down', () => go(base))
  await step('archive list', () => listArchive(project, here))
  await step('up with an archive', () => go(up))
  await step('down once more', () => go({ direction: 'down', target: '-2' }))
  await step('archive restore', async () => {
    const [entry] = await listArchive(project, here)
    await restoreFromArchive(project, here, entry?.id ?? '1')
  })
  await step('archive purge', () => purgeArchive(project, here, { ids: [], yes: true }))
  await step('up after a purge', () => go(up))
  await step('status', () => status(project, here))
  await step('check', () => check(project, here))
  await step('history', () => history(project, here))
  await step('verify', () =>
    verify(project, (work) => work(here), {
      choice: { which: 'Migration2_columns' },
      rows: { seed: 1, rowsPerTable: 2 },
    }),
  )
  await step('executed', () => readExecuted(project, here))
  await step('repair', () => findBookkeepingIssues(project, here))
  await step('diff', () => readCatalogOf(databaseTarget(url), project))
}

/** A row of a run that was killed in a statement outside of any transaction. */
const started = (sql: string) => `
  insert into migrator.history (run, event, migration, direction, segment, segments, mode, statements, ledger)
  values ('00000000-0000-0000-0000-000000000000', 'started', 'Migration4_concurrently', 'up', 1, 1, 'outside',
          '[{"sql": "${sql}", "position": 0, "checksum": ""}]', '"public"."mikro_orm_migrations"')`

/** What needs a person, another session, or a database that something else made. */
async function runByHand({ url, step, project }: Every): Promise<void> {
  const here = databaseTarget(url, { limits: { lockBudget: 400 } })
  const up = { direction: 'up', target: 'head' } as const
  await step('down -2', () => run(project, here, { direction: 'down', target: '-2', yes: true }))
  await step('interrupted', () =>
    query(url, started('create index concurrently child_v on child (v)')),
  )
  await step('up after an interruption', () => run(project, here, up))
  await step('interrupted again', () => query(url, started('vacuum')))
  await step('in doubt', () => run(project, here, up))
  await step('repair --applied', () =>
    resolveInDoubt(project, here, 'Migration4_concurrently', true),
  )
  await step('a blocker', async () => {
    const blocker = await openSession(url, 'blocker', 'begin; select from public.child')
    try {
      await run(project, here, { direction: 'down', target: '-3', yes: true })
    } finally {
      await blocker.end()
    }
  })
  await step('another schema', async () => {
    await query(url, 'alter table public.child add column by_hand text')
    await run(project, here, up)
  })
  await step('drift allowed', () => run(project, here, { ...up, allowDrift: 'test' }))
  await step('a row is deleted', async () => {
    await writeExpected(url, project)
    await query(
      url,
      `delete from mikro_orm_migrations where name::text = 'Migration5_part';
       alter database ${databaseOf(url)} set "migrator.disposable" = off`,
    )
  })
  await step('ledger', () => run(project, databaseTarget(url), up))
  await step('repair of the ledger', () =>
    repair(project, here, { migration: 'Migration5_part', record: 'applied', reason: 'test' }),
  )
  await step('adopt', async () => {
    await query(
      url,
      `drop schema migrator cascade; drop table mikro_orm_migrations;
       alter table public.child drop column by_hand`,
    )
    const request = { decisions: parseDecisions([]) }
    const inspection = await planAdoption(project, here, request)
    await adopt(project, here, request, inspection.plan)
  })
}

function databaseOf(url: string): string {
  return `"${new URL(url).pathname.slice(1)}"`
}

/** What is there now, as the schema after each migration. */
async function writeExpected(url: string, { manifestPath }: Every['project']): Promise<void> {
  const folder = dirname(manifestPath)
  const ledger = { table: 'mikro_orm_migrations' }
  const catalog = await withConnection(databaseTarget(url), (client) =>
    readApplicationCatalog(client, ledger),
  )
  let before: Catalog = { objects: [] }
  for (const name of Object.keys(CHAIN)) {
    const compiled = await readCompiled(folder, name)
    if (compiled)
      await writeCompiled(folder, name, { ...compiled, catalog: makeDelta(before, catalog) })
    before = catalog
  }
}

async function runDropIn(url: string, step: Every['step']): Promise<void> {
  const orm = await MikroORM.init({
    clientUrl: url,
    entities: [Author],
    extensions: [Migrator],
    migrations: {
      silent: true,
      snapshot: false,
      tableName: 'listed_ledger',
      migrationsList: [{ name: 'Listed', class: Listed }],
    },
  })
  const { migrator } = orm
  await step('drop-in getPending', () => migrator.getPending())
  await step('drop-in up', () => migrator.up())
  await step('drop-in getExecuted', () => migrator.getExecuted())
  await step('drop-in down', () => migrator.down())
  await step('drop-in up in a transaction', () =>
    orm.em
      .fork()
      .transactional((em) => migrator.up({ transaction: em.getTransactionContext() as never })),
  )
  await step('drop-in unlogMigration', () => migrator.unlogMigration('Listed'))
  await step('drop-in logMigration', () => migrator.logMigration('Listed'))
  await orm.close(true)
  await step('a transaction of the caller', async () => {
    const project = await sqlProject({
      Migration9: { up: 'create table nine (n integer)', down: 'drop table nine' },
    })
    const client = new Client({ connectionString: url })
    await client.connect()
    try {
      await client.query('begin')
      await client.query('create schema nine; set local search_path to nine, public')
      await runInTransaction(project, databaseTarget(url), client, {
        direction: 'up',
        target: 'head',
      })
      await client.query('rollback')
    } finally {
      await client.end()
      await project.drop()
    }
  })
}
