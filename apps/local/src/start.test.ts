import { briefly } from '@techfacts/postgres/testing'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  freePort,
  killAll,
  makeCheckout,
  findProcesses,
  removeCheckout,
  type Run,
  runStart,
  untilWritten,
} from './tests/checkout.ts'

const LAST_LINE = 'Ctrl-C stops everything'
let checkout: string
let port: number
const start = (env: Record<string, string> = {}) =>
  runStart(checkout, { PORT: String(port), ...env })

beforeAll(async () => {
  checkout = await makeCheckout()
  port = await freePort()
})
afterAll(() => removeCheckout(checkout))
afterEach(() => killAll(checkout))

const README = new URL('../../../README.md', import.meta.url)

/** The URL of the database on a screen, but for what each checkout and each start has of its own. */
function databaseIn(screen: string): string | undefined {
  const [, url] = /Database +(\S+)/.exec(screen) ?? []
  return url?.replace(/:[0-9a-f]{32}@/, ':PASSWORD@').replace(/:\d+\//, ':PORT/')
}

/** Does what the screen says: returns the answer to its curl. */
async function pasteCurl(screen: string): Promise<Response> {
  const [, url = ''] = /curl -X POST (\S+)/.exec(screen) ?? []
  const headers = [...screen.matchAll(/-H '([^:]+): ([^']+)'/g)].map(
    ([, name = '', value = '']) => [name, value],
  )
  const [, body = ''] = /-d '([^']+)'/.exec(screen) ?? []
  return fetch(url, { method: 'POST', headers: Object.fromEntries(headers), body })
}

async function projects(screen: string): Promise<{ name: string }[]> {
  const [, url = ''] = /API +(\S+)/.exec(screen) ?? []
  const [, key = ''] = /API key +(\S+)/.exec(screen) ?? []
  const response = await fetch(`${url}/projects`, { headers: { 'X-API-Key': key } })
  const { items }: { items: { name: string }[] } = JSON.parse(await response.text())
  return items
}

/** As a terminal's Ctrl-C: the signal goes to the whole process group. */
function interrupt({ child }: Run): void {
  process.kill(-(child.pid ?? 0), 'SIGINT')
}

test('one screen to go on from; Ctrl-C leaves no process; the next start has the rows', async () => {
  const first = start({ LOG_LEVEL: 'info' })
  const screen = await untilWritten(first, LAST_LINE)
  expect(screen.indexOf('Starting PostgreSQL')).toBeLessThan(screen.indexOf('applied Migration'))
  expect(screen).toMatch(/Database +postgresql:\/\/\S+@127\.0\.0\.1:\d+\/techfacts\n/)
  expect(databaseIn(await readFile(README, 'utf8'))).toBe(databaseIn(screen))
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('<title>TechFacts')
  expect((await pasteCurl(screen)).status).toBe(201)
  interrupt(first)
  expect(await first.ended).toBe(0)
  expect(await findProcesses(checkout)).toEqual([])
  expect(first.output()).toContain('"reason":"SIGTERM"') // from the start, before the server stops
  expect(first.output()).not.toContain('"reason":"SIGINT"') // the terminal's does not reach it

  const second = start({ API_KEY: 'a-key-of-my-own-choice' })
  const again = await untilWritten(second, LAST_LINE)
  expect(again).toContain('API key    a-key-of-my-own-choice')
  expect(again).not.toContain('applied Migration')
  expect(await projects(again)).toEqual([expect.objectContaining({ name: 'My project' })])
  second.child.kill('SIGTERM')
  expect(await second.ended).toBe(0)
})

test(
  'key and port are those of the start before, so what was pasted then works',
  { tags: 'long' },
  async () => {
    const before = start()
    const screen = await untilWritten(before, LAST_LINE)
    interrupt(before)
    expect(await before.ended).toBe(0)
    const file = join(checkout, '.data/access.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)

    const next = runStart(checkout, {})
    await untilWritten(next, LAST_LINE)
    expect(Array.isArray(await projects(screen))).toBe(true)
    interrupt(next)
    expect(await next.ended).toBe(0)
  },
)

test(
  'killed with -9: the service goes by itself, the next start adopts the server',
  { tags: 'long' },
  async () => {
    const killed = start()
    await untilWritten(killed, LAST_LINE)
    killed.child.kill('SIGKILL')
    await expect
      .poll(async () => (await findProcesses(`${checkout}/apps`)).length, { timeout: 20_000 })
      .toBe(0)
    expect(await findProcesses(`${checkout}/.data`)).not.toEqual([])

    const next = start()
    expect(await untilWritten(next, LAST_LINE)).toContain('found running')
    interrupt(next)
    expect(await next.ended).toBe(0)
  },
)

test.each(briefly(['Starting PostgreSQL', 'Database:', 'Starting the service']))(
  'Ctrl-C after "%s" stops it as well',
  async (moment) => {
    const run = start()
    await untilWritten(run, moment)
    interrupt(run)
    expect(await run.ended).toBe(0)
    expect(run.output()).not.toContain(LAST_LINE)
    expect(await findProcesses(checkout)).toEqual([])
  },
)

test(
  'a second start of the same checkout is refused, and the first goes on',
  { tags: 'long' },
  async () => {
    const first = start()
    await untilWritten(first, LAST_LINE)
    const second = start({ PORT: String(await freePort()) })
    expect(await second.ended).toBe(1)
    expect(second.output()).toContain(`in use by process ${first.child.pid}`)
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
    interrupt(first)
    expect(await first.ended).toBe(0)
  },
)

test(
  'a program that fails ends the start with its exit code, and the server is stopped',
  { tags: 'long' },
  async () => {
    const first = start()
    const [url = ''] = /postgresql:\S+/.exec(await untilWritten(first, LAST_LINE)) ?? []
    const wrong = url.replace(/:\w+@/, ':a-wrong-password@')
    const second = start({ DATABASE_URL: wrong, PORT: String(await freePort()) })
    expect(await second.ended).toBe(2)
    expect(second.output()).toContain('migrate start ended with exit code 2')
    expect(second.output()).not.toContain('a-wrong-password')
    expect(second.output()).not.toMatch(/\n +at /)
    interrupt(first)
    await first.ended

    const third = start({ JOB_MAX_ATTEMPTS: 'many' })
    expect(await third.ended).toBe(2)
    expect(third.output()).toContain('JOB_MAX_ATTEMPTS')
    expect(await findProcesses(checkout)).toEqual([])
  },
)

test('with DATABASE_URL that server is used and left running', { tags: 'long' }, async () => {
  const first = start()
  const [url = ''] = /postgresql:\S+/.exec(await untilWritten(first, LAST_LINE)) ?? []
  const second = start({ DATABASE_URL: url, PORT: String(await freePort()) })
  const screen = await untilWritten(second, LAST_LINE)
  expect(screen).toContain('as given by DATABASE_URL')
  expect(screen).not.toContain(new URL(url).password)
  second.child.kill('SIGINT')
  expect(await second.ended).toBe(0)
  expect(await projects(first.output())).not.toEqual([])
  interrupt(first)
  await first.ended
})

test('the service or the server going away ends the start', { tags: 'long' }, async () => {
  const first = start()
  await untilWritten(first, LAST_LINE)
  for (const { pid } of await findProcesses(`${checkout}/apps/pipeline`))
    process.kill(pid, 'SIGKILL')
  expect(await first.ended).toBe(1)
  expect(first.output()).toContain('The service ended with exit code 1')

  const second = start()
  await untilWritten(second, LAST_LINE)
  for (const { pid } of await findProcesses(`${checkout}/.data`)) process.kill(pid, 'SIGQUIT')
  expect(await second.ended).toBe(1)
  expect(second.output()).toContain('The database server has gone away')
})

test('settings that cannot be used are all named, and nothing is started', async () => {
  const run = start({
    PORT: 'eighty',
    API_KEY: 'short',
    DATABASE_URL: 'mysql://secret@localhost/x',
  })
  expect(await run.ended).toBe(2)
  expect(run.output().trim().split('\n')).toEqual([
    expect.stringContaining('DATABASE_URL'),
    expect.stringContaining('API_KEY'),
    expect.stringContaining('PORT'),
  ])
  expect(run.output()).not.toContain('secret')
})

test('a port that is taken is named before anything is started', { tags: 'long' }, async () => {
  const first = start()
  await untilWritten(first, LAST_LINE)
  const second = start()
  expect(await second.ended).toBe(2)
  expect(second.output()).toContain(`Port ${port} cannot be used`)
  interrupt(first)
  await first.ended
})
