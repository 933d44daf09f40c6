import { createClient } from '@techfacts/client'
import { generateTypes } from '@techfacts/client/generate'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { appWithoutDatabase } from '../testing/app.ts'
import { API_KEY } from '../testing/service.ts'

const app = await appWithoutDatabase({
  apiKeys: [API_KEY],
  readiness: () => ({ ready: false, reason: 'It is a test.' }),
})
afterAll(() => app.close())

test('the client is made from the OpenAPI document as it is', async () => {
  const document = (await app.inject('/openapi.json')).json()
  const file = fileURLToPath(new URL('api.ts', import.meta.resolve('@techfacts/client')))
  await expect(await generateTypes(document)).toMatchFileSnapshot(file)
})

test('the client sends its key, and answers refusals as problem details', async () => {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const asked = { body: { name: 'x' } }
  const refused = await createClient(url, API_KEY).POST('/api/v1/projects', asked)
  expect(refused.error).toMatchObject({ code: 'database_not_ready', detail: 'It is a test.' })
  const unknown = await createClient(url, 'wrong').GET('/api/v1/projects')
  expect(unknown.error?.code).toBe('unauthorized')
  // @ts-expect-error a project has a name
  void (() => createClient(url, API_KEY).POST('/api/v1/projects', { body: {} }))
})
