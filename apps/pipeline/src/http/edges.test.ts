import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../database.ts'
import { appOn, appWithoutDatabase } from '../testing/app.ts'

const KEYS = ['the-first-of-two-keys', 'the-second-of-two-keys']
const app = await appWithoutDatabase({ apiKeys: KEYS })
afterAll(() => app.close())

const json = { 'content-type': 'application/json' }
const asked = (payload: string) => ({
  method: 'POST' as const,
  url: '/api/v1/projects',
  headers: { ...json, 'x-api-key': KEYS[0] },
  payload,
})

test.each([
  [
    'unknown keys',
    JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`key${n}`, n]))),
  ],
  ['a key of a megabyte', JSON.stringify({ ['x'.repeat(1_000_000)]: 1 })],
  [
    'invalid items',
    JSON.stringify({ name: 'x', entity_types: Array.from({ length: 50_000 }, () => '') }),
  ],
  ['a template of a megabyte', JSON.stringify({ name: 'x', template: 'x'.repeat(1_000_000) })],
  [
    'a key that cannot be stored',
    `{"name":"x","extraction_schema":{"${'x'.repeat(100_000)}":"\\u0000"}}`,
  ],
  ['no JSON', 'x'.repeat(1_000_000)],
])('refuses %s in an answer of at most 4 kB', async (_, payload) => {
  const answer = await app.inject(asked(payload))
  expect(answer.statusCode).toBe(400)
  expect(answer.body.length).toBeLessThan(4000)
  expect(answer.json().detail.length).toBeGreaterThan(5)
})

test.each(['[],', '{},', '1,', '"a",', '"\\\\",', '"\\"",'])(
  'refuses a body of %s before it is parsed: it would take seconds in which nothing else is answered',
  async (value) => {
    const answer = await app.inject(asked(`{"name":[${value.repeat(25_000)}`))
    expect(answer.json()).toMatchObject({
      code: 'invalid_request',
      detail: 'The body has more than 20000 values in it.',
    })
  },
)

test('commas and brackets of a text are no values, and only documents may have eight megabytes', async () => {
  const text = String.raw`\"[{,`.repeat(25_000)
  expect((await app.inject(asked(JSON.stringify({ name: text })))).json().errors).toHaveLength(1)
  const long = await app.inject(asked(`{"name":"${'x'.repeat(1_100_000)}"}`))
  expect(long.statusCode).toBe(413)
  const url = `/api/v1/projects/${crypto.randomUUID()}/sources`
  const document = { ...asked(`{"uri":"${'x'.repeat(1_100_000)}"}`), url }
  expect((await app.inject(document)).statusCode).toBe(400)
})

test('counts unknown keys and names the first three', async () => {
  const { errors } = (await app.inject(asked('{"name":"x","a":1,"b":1,"c":1,"d":1,"e":1}'))).json()
  expect(errors).toEqual([
    { path: 'body', message: 'has fields that the API does not take: "a", "b", "c" and 2 more' },
  ])
})

test.each([
  ['{}', 'body/name is missing'],
  ['', 'body is not of type object'],
  ['{"name":""}', 'body/name is empty'],
  ['{"name":1}', 'body/name is not of type string'],
  ['{"name":"x","template":"x","extraction_schema":{}}', /^body template and .* exclude/],
  [JSON.stringify({ name: 'x'.repeat(300) }), /^body\/name has more than \d+ characters$/],
  [
    JSON.stringify({ name: 'x', entity_types: Array(201).fill('x') }),
    'body/entity_types has more than 200 items',
  ],
])('says in words what is wrong with %s', async (payload, detail) => {
  expect((await app.inject(asked(payload))).json().detail).toMatch(detail)
})

test('a request without a body may name JSON', async () => {
  const url = '/api/v1/jobs/1/cancel'
  const headers = { ...json, 'x-api-key': KEYS[0] }
  const { detail } = (await app.inject({ method: 'POST', url, headers })).json()
  expect(detail).toBe('params/job_id is not a UUID')
})

/** Sends the head of a request, and a body that never ends; what is answered until the server closes. */
async function answerToEndlessBody(path: string, headers = ''): Promise<string> {
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  socket.on('error', () => {})
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 8000000\r\n${headers}\r\n{"a":`,
  )
  await once(socket, 'close')
  return answer
}

test('refuses before a body is read, and reads none of it afterwards', async () => {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const unauthorized = await answerToEndlessBody('/api/v1/projects')
  expect(unauthorized).toMatch(/^HTTP\/1.1 401/)
  expect(unauthorized).toContain('"unauthorized"')
  expect(await answerToEndlessBody('/api/v1/nothing')).toMatch(/^HTTP\/1.1 404/)
  expect(await answerToEndlessBody('/healthz')).toMatch(/^HTTP\/1.1 404/)
})

test('a client that goes away while it sends is no failure, and no outage of the database', async () => {
  const lines: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
  const own = await appWithoutDatabase({ log })
  own.get('/left', () => {
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' }) // as Node says it
  })
  expect((await own.inject('/left')).statusCode).toBe(400)
  expect(lines).toEqual([])
  await own.close()
})

test('every answer has its id, and headers that let a browser do nothing with it', async () => {
  const answer = await app.inject('/api/v1/projects')
  expect(answer.headers['x-request-id']).toBe(answer.json().request_id)
  expect(answer.headers).toMatchObject({
    'content-security-policy':
      "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  for (const url of ['/nothing', '/openapi.json', '/metrics']) {
    expect((await app.inject(url)).headers['content-security-policy']).toContain("'none'")
  }
})

test('limits each key and each address by itself, health excepted', async () => {
  const limited = await appWithoutDatabase({
    apiKeys: KEYS,
    rateLimits: { perKey: 3, perAddress: 2 },
    readiness: () => ({ ready: false, reason: 'It is a test.' }),
  })
  const statuses = async (headers: Record<string, string>, url = '/api/v1/projects') => {
    const answers = []
    for (let n = 0; n < 4; n += 1) answers.push((await limited.inject({ url, headers })).statusCode)
    return answers
  }
  expect(await statuses({ 'x-api-key': KEYS[0] ?? '' })).toEqual([503, 503, 503, 429])
  expect(await statuses({ 'x-api-key': KEYS[1] ?? '' })).toEqual([503, 503, 503, 429])
  // Other wrong keys are no other callers; nor are other routes, or ones that do not exist.
  expect(await statuses({ 'x-api-key': 'wrong' })).toEqual([401, 401, 429, 429])
  const answer = await limited.inject({ url: '/nothing', headers: { 'x-api-key': 'other' } })
  expect(answer.json()).toMatchObject({ status: 429, code: 'too_many_requests' })
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  for (const url of ['/healthz', '/metrics']) {
    expect(await statuses({}, url)).toEqual([200, 200, 200, 200])
  }
  await limited.close()
})

test('metrics are there without a database, with routes and never paths', async () => {
  await app.inject('/api/v1/projects/secret-in-a-path')
  await app.inject('/secret-nowhere?key=secret')
  const { body, headers } = await app.inject('/metrics')
  expect(headers['content-type']).toMatch(/^text\/plain/)
  expect(body).toContain('route="/api/v1/projects/:project_id",status="401"')
  expect(body).toContain('route="none",status="404"')
  expect(body).toContain('techfacts_database_connections{state="waiting"} 0')
  expect(body).toContain('nodejs_eventloop_lag_p99_seconds')
  expect(body).not.toContain('secret')
})

test('the labels of metrics are few, whatever is asked for', async () => {
  const own = await appWithoutDatabase({ apiKeys: KEYS })
  const page = (await own.inject('/')).body
  const assets = page.matchAll(/(?:src|href)="\.?(\/[^"]+)"/g).map(([, path = '']) => path)
  const paths = ['/', '/docs', '/docs/', '/docs/js/scalar.js', '/docs/openapi.json', ...assets]
  for (let n = 0; n < 50; n += 1)
    paths.push(
      `/odd/${n}`,
      `/assets/index-${n}.js`,
      `/docs/${n}`,
      `/api/v1/${n}`,
      `/%2e${n}?q=${n}`,
    )
  for (const url of paths) {
    await own.inject(url)
    await own.inject({ method: 'DELETE', url })
  }
  const { body } = await own.inject('/metrics')
  const routes = new Set(body.matchAll(/route="([^"]*)"/g).map(([, route]) => route))
  expect(routes).toEqual(new Set(['/docs', 'console', 'none']))
  await own.close()
})

test('metrics do not wait for a database that is frozen', async () => {
  const frozen = createServer().listen(0, '127.0.0.1')
  await once(frozen, 'listening')
  const { port } = frozen.address() as AddressInfo
  const url = `postgresql://nobody@127.0.0.1:${port}/nowhere`
  const own = await appOn(openDatabase(url), { apiKeys: KEYS })
  const list = own.inject({ url: '/api/v1/projects', headers: { 'x-api-key': KEYS[0] } })
  const first = await Promise.race([own.inject('/metrics'), list])
  expect(first.statusCode).toBe(200) // and the list's 503 comes later
  frozen.close()
  await own.close()
})

test('the reference page may run its own scripts and no others', async () => {
  const { headers } = await app.inject('/docs/')
  const policy = String(headers['content-security-policy'])
  expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/]+=*';/)
  expect(policy).toContain("default-src 'none'")
})
