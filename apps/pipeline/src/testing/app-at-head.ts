import { createTestDatabase } from '@techfacts/postgres/testing'
import { afterAll } from 'vitest'
import { openDatabase } from '../database.ts'
import { appOn } from './app.ts'
import { asApplication, head } from './database.ts'
import { API_KEY } from './service.ts'

/** The routes, behind a key, on a database of the file's own at head. */
export async function appAtHead() {
  const own = await createTestDatabase({ prepare: head })
  const database = openDatabase(asApplication(own.url))
  const app = await appOn(database, { apiKeys: [API_KEY] })
  afterAll(async () => {
    await app.close()
    await database.close()
    await own.drop()
  })
  return { app, database, url: own.url }
}
