import { databaseTarget, grantApplicationRole } from '@techfacts/migrator'
import { readHistory as readHistoryOf } from '@techfacts/migrator/gate'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { Client } from 'pg'
import { expect, test } from 'vitest'

import { applicationName, readGate, readHistory, revision } from './gate.ts'
import { migrationNames } from './migration-names.ts'
import manifest from './migrations.manifest.json' with { type: 'json' }
import { rows } from './testing/database.ts'
import { head } from './testing/migrate.ts'

const ROLE = 'techfacts_gate_test'

/** Closer to the types of the gate's arguments than PostgreSQL's own. */
const OVERLOADS = [
  ['regexp_replace', 'varchar, text, text', 'text'],
  ['replace', 'name, text, text', 'text'],
  ['format', 'text, text, text', 'text'],
  ['is_it', 'oid, regclass', 'boolean'],
].map(
  ([name, types, result]) =>
    `create function public.${name}(${types}) returns ${result} language plpgsql as
      $$ begin raise exception 'hostile ${name} as %', current_user; end $$`,
)

test('the gate opens for a role that migrate grant has made, and calls nothing that others have made', async () => {
  await using database = await createTestDatabase({ prepare: head })
  const { url } = database
  await rows(url, `drop role if exists ${ROLE}`)
  await grantApplicationRole(databaseTarget(url), ROLE, 'a password')
  const app = new URL(url)
  app.username = ROLE
  app.password = 'a password'
  await rows(
    url,
    [
      ...OVERLOADS,
      'create operator public.= (function = public.is_it, leftarg = oid, rightarg = regclass)',
    ].join(';'),
  )
  expect(await readGate((sql) => rows(app.href, sql))).toEqual({
    state: 'fits',
    isOpen: true,
    reason: '',
  })
  await demandHistory(url, app)
  await rows(url, `drop owned by ${ROLE}; drop role ${ROLE}`)
})

/** What the same role may know of the history: on a path with the same functions. */
async function demandHistory(url: string, app: URL): Promise<void> {
  const ask = (sql: string) => rows(app.href, sql)
  const history = await readHistory(ask)
  expect(history).toMatchObject({ pending: [], waiting: [], backfills: [], driftAllowedAt: null })
  expect(history.applied?.map(({ name }) => name)).toEqual(migrationNames)
  for (const { durationMs, appliedAt, phase } of history.applied ?? []) {
    expect(durationMs).toBeGreaterThanOrEqual(0)
    expect(Date.parse(appliedAt)).toBeGreaterThan(0)
    expect(phase).toMatch(/^(expand|contract)$/)
  }

  const later = { checksum: 'v1:0', chain: 'f'.repeat(64) }
  const next = [
    { ...later, name: 'M1', phase: 'expand' },
    { ...later, name: 'M2', phase: 'contract' },
  ]
  const builds = { ...manifest, migrations: [...manifest.migrations, ...next] }
  const older = new Client({ connectionString: url, application_name: applicationName('orders') })
  await older.connect()
  expect(await readHistoryOf(builds, ask)).toMatchObject({
    pending: ['M1'],
    waiting: [{ name: 'M2', neededBy: [`orders/${revision}`] }],
  })
  await older.end()

  await rows(url, BACKFILLS)
  expect((await readHistory(ask)).backfills).toBeNull() // it was made after the grant
  await grantApplicationRole(databaseTarget(url), ROLE, 'a password')
  expect((await readHistory(ask)).backfills).toEqual([expect.objectContaining(BACKFILL)])
  await rows(url, `revoke select (duration_ms) on migrator.history from ${ROLE}`)
  expect((await readHistory(ask)).applied).toBeNull()
}

const BACKFILL = { migration: 'M3', state: 'running', pass: 1, seen: 5, changed: 2, estimate: 10 }

const BACKFILLS = `
  create table migrator.backfills as
    select '"public"."mikro_orm_migrations"' as ledger, 'M3' as migration, 'running' as state, 1 as pass, 5::bigint as seen,
           2::bigint as changed, 10::bigint as estimate, now() as began_at, now() as changed_at, '{}'::jsonb as reached`
