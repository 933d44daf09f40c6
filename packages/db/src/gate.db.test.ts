import { databaseTarget, grantApplicationRole } from '@techfacts/migrator'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { readGate } from './gate.ts'
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
  await rows(url, `drop owned by ${ROLE}; drop role ${ROLE}`)
})
