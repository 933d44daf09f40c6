import type { DescribedMigration, Proof, VerifiedMigration } from '@techfacts/migrator'
import type { Catalog, CatalogObject } from '@techfacts/migrator/catalog'

type Statement = Extract<
  DescribedMigration['up'],
  { readonly kind: 'sql' }
>['segments'][number]['statements'][number]

function statement(sql: string, line: number, rest: Partial<Statement> = {}): Statement {
  return { sql, line, locks: [], hasUnknownLocks: false, ...rest }
}

const EXPAND: DescribedMigration = {
  name: 'Migration20261129101500_priority_of_jobs',
  file: 'src/migrations/Migration20261129101500_priority_of_jobs.ts',
  phase: 'expand',
  breaks: [],
  up: {
    kind: 'sql',
    segments: [
      {
        mode: 'transaction',
        statements: [
          statement(
            `create table "queues" ("id" uuid not null default gen_random_uuid(), "name" text not null, primary key ("id"))`,
            9,
          ),
          statement(
            `alter table "jobs" add column "priority" int not null default 0, add column "queue_id" uuid null`,
            10,
            {
              locks: [
                {
                  mode: 'ACCESS EXCLUSIVE',
                  on: 'jobs',
                  keepsOthersFrom: 'reading and writing',
                  isConditional: false,
                },
                {
                  mode: 'ACCESS EXCLUSIVE',
                  on: 'the partitions of jobs',
                  keepsOthersFrom: 'reading and writing',
                  isConditional: true,
                },
              ],
            },
          ),
          statement(
            `alter table "jobs" add constraint "jobs_queue_id_fkey" foreign key ("queue_id") references "queues" ("id") not valid`,
            11,
            {
              locks: [
                {
                  mode: 'SHARE ROW EXCLUSIVE',
                  on: 'jobs',
                  keepsOthersFrom: 'writing',
                  isConditional: false,
                },
              ],
            },
          ),
        ],
      },
      {
        mode: 'outside',
        statements: [
          statement(
            `create index concurrently "jobs_queue_id" on "jobs" ("queue_id", "priority") where status = 'pending'`,
            12,
          ),
        ],
      },
    ],
  },
  down: {
    kind: 'sql',
    segments: [
      {
        mode: 'transaction',
        statements: [
          statement('alter table "jobs" drop column "queue_id", drop column "priority"', 16),
          statement('drop table "queues"', 17),
        ],
      },
    ],
  },
  requires: [],
  ensures: [],
  downRequires: [],
  hazards: [
    {
      rule: 'foreign-key-without-index',
      level: 'warning',
      says: 'jobs.queue_id: no index begins with these columns.',
      instead: 'Create an index on them, concurrently, in the same migration.',
      line: 11,
    },
  ],
  allow: { 'wide-index': 'The queue reads by both, and nothing else is written as often.' },
  downLoses: [
    'the column jobs.queue_id and its values',
    'the column jobs.priority and its values',
    'the table queues and its rows',
  ],
}

const CONTRACT: DescribedMigration = {
  name: 'Migration20261129101501_priority_of_jobs_contract',
  file: 'src/migrations/Migration20261129101501_priority_of_jobs_contract.ts',
  phase: 'contract',
  breaks: ['drops jobs.urgent', 'converts jobs.attempts to bigint'],
  up: {
    kind: 'sql',
    segments: [
      {
        mode: 'transaction',
        statements: [
          statement(
            `-- what was urgent is of priority 9\nupdate "jobs" set "priority" = 9 where "urgent"`,
            9,
          ),
          statement(
            'alter table "jobs" drop column "urgent", alter column "attempts" type bigint',
            10,
            {
              locks: [
                {
                  mode: 'ACCESS EXCLUSIVE',
                  on: 'jobs',
                  keepsOthersFrom: 'reading and writing',
                  work: 'rewrite',
                  isConditional: false,
                },
              ],
              hasUnknownLocks: true,
            },
          ),
        ],
      },
    ],
  },
  down: {
    kind: 'sql',
    segments: [
      {
        mode: 'transaction',
        statements: [
          statement('alter table "jobs" add column "urgent" boolean not null default false', 14),
        ],
      },
    ],
  },
  requires: [
    {
      says: 'No job is urgent that has a priority already.',
      query: 'select count(*) as jobs from "jobs" where "urgent" and "priority" <> 0',
    },
  ],
  ensures: [
    {
      says: 'Every job has a priority.',
      query: 'select count(*) as jobs from "jobs" where "priority" is null',
    },
  ],
  downRequires: [{ says: 'Nothing runs.', query: 'select count(*) as running from "jobs"' }],
  hazards: [
    {
      rule: 'type-change-rewrites',
      level: 'error',
      says: 'jobs.attempts: PostgreSQL writes every row again, and nobody reads or writes meanwhile.',
      instead: 'Add a column, copy in batches, switch, drop the old one.',
      line: 10,
    },
  ],
  allow: {},
  downLoses: [],
}

const CODE: DescribedMigration = {
  name: 'Migration20261129101502_fill_slugs',
  file: 'src/migrations/Migration20261129101502_fill_slugs.ts',
  phase: 'expand',
  breaks: ['narrows a CHECK of projects'],
  phaseException: 'No release writes what it refuses.',
  up: { kind: 'code' },
  down: { kind: 'none', reason: 'slugs are never taken away' },
  requires: [],
  ensures: [],
  downRequires: [],
  hazards: [],
  allow: {},
  downLoses: [],
}

const UNREACHED: DescribedMigration = {
  ...EXPAND,
  name: 'Migration20261129101503_after_all',
  hazards: [],
  allow: {},
}

const VERIFIED: readonly VerifiedMigration[] = [
  {
    name: EXPAND.name,
    verdict: 'holds',
    faults: [],
    unproved: [],
    notRestored: [],
    milliseconds: 3421,
    stall: { reader: 11, writer: 14 },
  },
  {
    name: CONTRACT.name,
    verdict: 'faulty',
    faults: [
      {
        step: 'up',
        cause: 'previous-release',
        object: 'Job.attempts (jobs.attempts)',
        said: 'release 1.4.0 updates it, and the migration says expand',
        happened:
          'update "jobs" set "attempts" = $1 where "id" = $2\nERROR: column "attempts" cannot be updated',
        advice: 'Say contract, and ship it a release later.',
        next: [
          { command: 'hash', why: 'Once the phase is another one' },
          { sql: 'select 1', why: 'To look' },
        ],
      },
      {
        step: 'down',
        cause: 'schema',
        object: 'index public.jobs_urgent',
        said: 'the schema before up has this index',
        happened: 'it is not there',
        advice: 'Write down as the mirror of up.',
      },
    ],
    unproved: [],
    notRestored: ['public.jobs.priority'],
    milliseconds: 4968,
    stall: { reader: 1240, writer: 1251 },
  },
  {
    name: CODE.name,
    verdict: 'unproved',
    faults: [],
    unproved: [
      {
        object: 'public.slots',
        reason: 'it has no rows: no value was found for the CHECK slots_n_check',
        next: [{ command: 'verify', args: [CODE.name], why: 'With rows of your own' }],
      },
    ],
    notRestored: [],
    noWayBack: 'slugs are never taken away',
    milliseconds: 812,
  },
]

const BEFORE = schema(['urgent boolean', 'attempts integer'], [])
const AFTER = schema(
  ['attempts bigint', 'priority integer', 'queue_id uuid'],
  [...table('queues', ['id uuid', 'name text']), foreignKey('jobs', 'queue_id', 'queues')],
)

function schema(columns: readonly string[], more: readonly CatalogObject[]): Catalog {
  return {
    objects: [
      ...table('projects', ['id uuid', 'name text']),
      ...table('jobs', ['id uuid', 'project_id uuid', 'status text', ...columns]),
      foreignKey('jobs', 'project_id', 'projects'),
      ...more,
    ],
  }
}

function table(name: string, columns: readonly string[]): CatalogObject[] {
  const of = `public.${name}`
  return [
    { kind: 'table', identity: of },
    ...columns.map((column) => {
      const [own = '', type = ''] = column.split(' ')
      return { kind: 'column' as const, identity: `${of}.${own}`, of, type }
    }),
    {
      kind: 'constraint',
      identity: `${of}.${name}_pkey`,
      of,
      type: 'primary key',
      columns: ['id'],
    },
  ]
}

function foreignKey(name: string, column: string, target: string): CatalogObject {
  const of = `public.${name}`
  return {
    kind: 'constraint',
    identity: `${of}.${name}_${column}_fkey`,
    of,
    type: 'foreign key',
    columns: [column],
    references: `public.${target}`,
    referencedColumns: ['id'],
  }
}

/** One of each verdict, and all that a migration may have. */
export const SAMPLE: Proof = {
  report: { migrations: VERIFIED, fixtures: 'loaded', unreached: [UNREACHED.name], seed: 7 },
  migrations: [EXPAND, CONTRACT, CODE, UNREACHED],
  before: BEFORE,
  after: AFTER,
  judgement: {
    verdict: 'faulty',
    says: [
      'Not as they say: 2 faults in 4 migrations, 1 of them not reached.',
      'Against db.example.com:5432/shop, 1 migration would be refused or find no table.',
    ],
  },
  against: {
    server: 'db.example.com:5432/shop',
    lines: [
      'Against db.example.com:5432/shop (PostgreSQL 18), as it is now:',
      `  ${EXPAND.name}: pending`,
      '    - locks jobs ACCESS EXCLUSIVE, nobody else reads or writes (about 1,204,311 rows, 310 MB)',
    ],
    sizes: [
      {
        migration: CONTRACT.name,
        sql: 'alter table "jobs" drop column "urgent", alter column "attempts" type bigint',
        tables: ['jobs: about 1,204,311 rows, 310 MB'],
      },
    ],
  },
}

/** All holds, and the schema is not recorded. */
export const CALM: Proof = {
  report: { migrations: VERIFIED.slice(0, 1), fixtures: 'none', unreached: [], seed: 1 },
  judgement: { verdict: 'holds', says: ['Verified: 1 migration.'] },
  migrations: [EXPAND],
}
