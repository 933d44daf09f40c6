import { expect, inject, test } from 'vitest'
import { createTestDatabase } from './index.ts'
import { withClient } from './test-database.ts'

const prepare = (url: string) =>
  withClient(url, async (client) => {
    await client.query('create table fact (id int)')
  })

test('two clones of one template are independent', async () => {
  await using one = await createTestDatabase({ prepare })
  await using two = await createTestDatabase({ prepare })
  await withClient(one.url, (client) => client.query('insert into fact values (1)'))
  const { rows } = await withClient(two.url, (client) => client.query('select * from fact'))
  expect(rows).toEqual([])
})

test('runs on the major of the project', async () => {
  const { rows } = await withClient(inject('testServer').url, (client) =>
    client.query('select current_setting($1)::int / 10000 as major', ['server_version_num']),
  )
  expect(rows).toEqual([{ major: inject('postgresMajor') }])
})
