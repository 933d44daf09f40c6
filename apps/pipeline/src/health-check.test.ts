import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { appWithoutDatabase } from './testing/app.ts'

test('the health check of the container asks for a route that there is', async () => {
  const compose = await readFile(new URL('../../../docker-compose.yml', import.meta.url), 'utf8')
  const [, path = ''] = /fetch\('http:\/\/127\.0\.0\.1:8000(\/\w+)'/.exec(compose) ?? []
  const app = await appWithoutDatabase()
  expect((await app.inject(path)).statusCode).toBe(200)
})
