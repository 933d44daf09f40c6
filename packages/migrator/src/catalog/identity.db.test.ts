import { escapeIdentifier as quoted } from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { withoutLastName, toIdentity, lastName, readCatalog } from './index.ts'
import { connect } from './tests/database.ts'
import { ODD_NAMES } from './tests/odd-names.ts'

test('PostgreSQL and the engine make the same identity of any name', async () => {
  await using database = await createTestDatabase()
  await using client = await connect(database.url)
  for (const name of ODD_NAMES) {
    const [schema, n] = [`schema of ${name}`.slice(0, 20), quoted(name)]
    await client.query(`drop schema if exists ${quoted(schema)} cascade; create schema ${quoted(schema)};
      set search_path = ${quoted(schema)};
      create table ${n} (${n} serial constraint ${n} check (${n} > 0));
      create index "index" on ${n} (${n}); alter index "index" rename to "the.index";
      create function ${n}(a ${n}) returns int language sql as 'select 1';
      create rule ${n} as on delete to ${n} do instead nothing`)
    const { objects } = await readCatalog(client)
    const at = (kind: string) =>
      objects.flatMap((one) =>
        one.kind === kind && one.identity.startsWith(`${quoted(schema)}.`) ? [one] : [],
      )
    const table = toIdentity(schema, name)
    const part = toIdentity(schema, name, name)
    expect(at('table')).toMatchObject([{ identity: table }])
    for (const kind of ['column', 'constraint', 'rule'])
      expect(at(kind)).toMatchObject([{ identity: part, of: table }])
    expect(at('sequence')).toMatchObject([{ ownedBy: part }])
    expect(at('index').map(({ identity }) => lastName(identity))).toEqual(['the.index'])
    expect(at('function').map(({ identity }) => lastName(identity))).toEqual([name])
    expect(at('function').map(({ identity }) => withoutLastName(identity))).toEqual([
      toIdentity(schema),
    ])
    await client.query(`drop schema ${quoted(schema)} cascade`)
  }
})
