/// <reference lib="dom" />
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { briefly, createTestDatabase, isSoak } from '@techfacts/postgres/testing'
import { findFaults, hasBrowser, startBrowser, widthOf } from '@techfacts/trials/browser'
import { migrationNames, revision } from '@techfacts/db'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TEMPLATES } from './services/templates.ts'
import { ensureConsole, openPage, signIn, tabTo, takePicture } from './testing/console.ts'
import { hasCurl, runExample } from './testing/examples.ts'
import { asApplication, head, query } from './testing/database.ts'
import {
  API_KEY,
  createProject,
  finished,
  startProgram,
  until,
  untilReady,
} from './testing/service.ts'

await ensureConsole()
const database = await createTestDatabase({ prepare: head })
const program = await startProgram(asApplication(database.url))
await untilReady(program)
const { call, base } = program
afterAll(async () => {
  await program.stop()
  await database.drop()
})

const DOCUMENT = `# Meridian 4

Meridian is a message broker, and runs on Linux.

## Limits

🚀 A cluster handles 12,000 requests per second. The default timeout is 30 seconds.
Messages are at most 1 MB. It requires PostgreSQL 15 or later.

## Pricing

The Team plan costs $49 per month. Meridian is certified to ISO 27001 and SOC 2.
`

test('the page allows nothing but files of its origin; assets are kept, the page is asked for', async () => {
  const page = await fetch(base)
  expect(page.status).toBe(200)
  expect(page.headers.get('cache-control')).toBe('no-cache')
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/unsafe|https?:|data:|\*/)
  const [asset = ''] = /\/assets\/[^"]+\.js/.exec(await page.text()) ?? []
  const script = await fetch(`${base}${asset}`)
  expect(script.status).toBe(200)
  expect(script.headers.get('cache-control')).toContain('immutable')
  expect((await fetch(`${base}/assets/../../package.json`)).status).toBe(404)
})

test('the state of the schema is what the migrator has done, as far as the role may know it', async () => {
  const { status, body } = await call('/schema')
  expect(status).toBe(200)
  expect(body).toMatchObject({ revision, gate: { state: 'fits', is_open: true, reason: '' } })
  expect(body.applied.map(({ name }: { name: string }) => name)).toEqual(migrationNames)
  expect(body.applied.every((one: { duration_ms: unknown }) => one.duration_ms !== null)).toBe(true)
  expect((await fetch(`${base}/api/v1/schema`)).status).toBe(401)
})

test(
  'the events of a job begin with how it is and end with it; streams are bounded',
  { tags: 'long' },
  async () => {
    const project = await createProject(call, 'Events', [DOCUMENT])
    const asked = await call(`/projects/${project.id}/extract`, { profile: 'technical_specs' })
    const path = `/jobs/${asked.body.job_id}/events`
    const [first, second] = await Promise.all([watch(path), watch(path)])
    expect(first?.headers.get('content-type')).toBe('text/event-stream')
    for (const stream of [first, second]) {
      const events = (await stream.text())
        .split('\n\n')
        .filter((one) => one.startsWith('event: job\n'))
      expect(events.at(-1)).toContain('"status":"completed"')
      expect(new Set(events).size).toBe(events.length)
    }
    expect((await fetch(`${base}/api/v1${path}`)).status).toBe(401)
    expect((await watch('/jobs/00000000-0000-4000-8000-000000000000/events')).status).toBe(404)

    const endless = `/jobs/${await insertQueuedJob(project.id)}/events`
    const streams = await Promise.all(Array.from({ length: 200 }, () => openAlone(endless)))
    expect(streams.every(({ statusCode }) => statusCode === 200)).toBe(true)
    const refused = await watch(endless)
    expect([refused.status, (await refused.json()).code]).toEqual([503, 'too_many_streams'])
    for (const stream of streams) stream.destroy()
    await until(async () => {
      const again = await openAlone(endless)
      again.destroy()
      return again.statusCode === 200
    })
  },
)

/** On a connection that is gone with it: of one that is aborted, fetch opens the next for nobody. */
async function openAlone(path: string): Promise<IncomingMessage> {
  const request = get(`${base}/api/v1${path}`, { agent: false, headers: { 'x-api-key': API_KEY } })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

test.each(['run.ts', ...(hasCurl ? (['run.sh'] as const) : [])] as const)(
  'the example %s goes from a project to its report',
  async (name) => {
    const lines = await runExample(name, base)
    expect(lines[0]).toMatch(/^project [0-9a-f-]{36}$/)
    expect(lines).toContain('job extract completed 1/1')
    const facts = lines.filter((line) => line.startsWith('fact '))
    expect(facts.length).toBeGreaterThanOrEqual(4)
    expect(facts.join('\n')).toMatch(/fact [\d.]+ A cluster handles 12,000 requests per second\./)
    const report = lines.slice(lines.indexOf('# Limits of Meridian')).join('\n')
    expect(report).toMatch(/^# Limits of Meridian\n\n\d+ facts from 1 source in 1 group\./)
    expect(report).toContain('“A cluster handles 12,000 requests per second.”')
    expect(report).toContain(String.raw`1. Meridian 4, file\:document.md`)
  },
)

test.each(['run.ts', ...(hasCurl ? (['run.sh'] as const) : [])] as const)(
  'the example %s says in words what is wrong, and where nothing is',
  async (name) => {
    await expect(runExample(name, `${base}/`, 'another-key-of-nobody')).rejects.toMatchObject({
      code: expect.any(Number),
      stderr: expect.stringMatching(/^(.*\n)?unauthorized: X-API-Key is missing.*\n$/),
    })
    await expect(runExample(name, 'http://127.0.0.1:9')).rejects.toMatchObject({
      code: expect.any(Number),
      stderr: expect.not.stringMatching(/\n +at |\n.*\n/),
    })
  },
)

/** A job that no delivery leads to: it stays queued. */
async function insertQueuedJob(project: string, payload: object = {}): Promise<string> {
  const [job] = await query<{ id: string }>(
    database.url,
    `insert into jobs (project_id, type, status, payload)
     values ('${project}', 'extract', 'queued', '${JSON.stringify(payload)}') returning id`,
  )
  return job?.id ?? ''
}

function watch(path: string): Promise<Response> {
  return fetch(`${base}/api/v1${path}`, { headers: { 'x-api-key': API_KEY } })
}

describe.runIf(hasBrowser)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser?.close())

  test(
    'by keyboard alone: a document is posted, the job watched, the fact found, its quote seen',
    { tags: 'long' },
    async () => {
      const { page, complaints, requests } = await openPage(browser)
      const { keyboard } = page
      const arrive = (view: string) => page.locator('h1:focus', { hasText: view }).waitFor()
      await page.goto(base)
      await page.locator('#key:focus').waitFor()
      await keyboard.type(API_KEY)
      await keyboard.press('Enter')
      await arrive('Projects')

      await tabTo(page, 'Name')
      await keyboard.type('Meridian')
      await keyboard.press('Enter')
      await arrive('Meridian')

      await tabTo(page, 'Text')
      await keyboard.insertText(DOCUMENT)
      await tabTo(page, 'URI')
      await keyboard.type('doc:meridian')
      await tabTo(page, 'Group')
      await keyboard.type('Meridian')
      await keyboard.press('Enter')
      await page.getByText('Added doc:meridian.').waitFor()
      await tabTo(page, /^Extract from 1 chosen document/)
      await keyboard.press('Enter')

      await page.getByRole('status').getByText('Completed: 1 of 1 document, 100 %').waitFor()
      await tabTo(page, 'Show the facts')
      await keyboard.press('Enter')

      await arrive('Meridian')
      await tabTo(page, 'Search the facts')
      await keyboard.type('requests')
      await keyboard.press('Enter')
      await expect.poll(() => page.locator('.fact').count()).toBe(1)
      const quote = (await page.locator('blockquote').textContent()) ?? ''
      expect(quote).toContain('12,000 requests per second')
      await tabTo(page, /^Show in its document/)
      await keyboard.press('Enter')
      const mark = page.locator('mark')
      await mark.waitFor()
      expect(await mark.textContent()).toBe(quote)
      expect(await page.locator('.text').textContent()).toBe(DOCUMENT)
      await expect.poll(() => mark.evaluate(isInView)).toBe(true)

      expect(complaints).toEqual([])
      expect(requests.filter((url) => !url.startsWith(base))).toEqual([])
      expect(JSON.stringify([page.url(), requests])).not.toContain(API_KEY)
      expect(await page.evaluate(readStorage)).toEqual([0, 0, '', []])
      await page.reload() // the key is gone, the place is not
      await signInHere(page)
      await mark.waitFor()
      await page.close()
    },
  )

  test(
    'by keyboard alone: a job is cancelled and tried again, a report written, an entity found, the project deleted',
    { tags: 'long' },
    async () => {
      const { id: project } = await createProject(call, 'Rare', [DOCUMENT])
      const job = await insertQueuedJob(project, { profile: 'technical_specs' })
      const { page, complaints } = await openPage(browser)
      const press = async (name: string | RegExp) => {
        await tabTo(page, name)
        await page.keyboard.press('Enter')
      }
      const says = (words: string | RegExp) => page.getByRole('status').getByText(words).waitFor()
      await signIn(page, base, API_KEY)
      await page.goto(`${base}/#/jobs/${job}`)
      await says('Queued.')
      await press('Cancel')
      await says('Cancelled.')
      await press('Try again')
      await says('Completed: 1 of 1 document, 100 %')

      await page.goto(`${base}/#/projects/${project}/reports`)
      await tabTo(page, 'Title (optional)')
      await page.keyboard.type('What is <b>known</b>')
      await page.keyboard.press('Enter')
      await press('Show the report')
      const report = page.getByRole('article', { name: 'Text of the report' })
      await report.getByText('12,000 requests per second').first().waitFor()
      expect(await report.getByRole('heading', { level: 2 }).count()).toBe(1)
      expect(await report.textContent()).not.toMatch(/\\|&\w+;|#/)
      expect(await page.locator('h1').textContent()).toBe('What is <b>known</b>')

      await page.goto(`${base}/#/projects/${project}/entities`)
      const entities = page.getByRole('region', { name: 'Entities' }).getByRole('listitem')
      await entities.nth(1).waitFor()
      await tabTo(page, 'Search the entities')
      await page.keyboard.type('no-such')
      await page.keyboard.press('Enter')
      await page.getByText('No entity is like this.').waitFor()
      await tabTo(page, 'Search the entities')
      await page.keyboard.press('Control+A')
      await page.keyboard.type('postgre')
      await page.keyboard.press('Enter')
      await page.getByRole('link', { name: 'PostgreSQL' }).waitFor()
      expect(await entities.count()).toBe(1)
      await press('PostgreSQL')
      const mention = page.locator('.beside').getByRole('link', { name: 'doc:0' })
      await mention.waitFor()

      await page.goto(`${base}/#/projects/${project}/documents`)
      await tabTo(page, 'URL')
      await page.keyboard.type('http://169.254.169.254/')
      await tabTo(page, 'Group of the page')
      await page.keyboard.type('cloud')
      await page.keyboard.press('Enter')
      await page.getByText('is at an address that nothing is fetched from.').waitFor()

      await page.goto(`${base}/#/projects/${project}/documents`)
      await press('Delete this project …')
      await press('Delete Rare')
      await page.locator('h1', { hasText: 'Projects' }).waitFor()
      expect((await call(`/projects/${project}`)).status).toBe(404)
      expect(complaints).toEqual([])
      await page.close()
    },
  )

  describe('every view', () => {
    const views: Record<string, string> = {}
    beforeAll(async () => {
      const long = `The ${'x'.repeat(400)} handles 12,000 requests per second.`
      const project = await createProject(call, 'Views', [DOCUMENT, '# Empty\n', long])
      const { body } = await call(`/projects/${project.id}/extract`, { profile: 'technical_specs' })
      await finished(call, body.job_id)
      const { body: facts } = await call(`/projects/${project.id}/extractions?limit=1`)
      const [{ id, start, end, source_id }] = facts.items
      const { body: entities } = await call(`/projects/${project.id}/entities?limit=1`)
      const report = await call(`/projects/${project.id}/report`, {})
      const written = await finished(call, report.body.job_id)
      const odd = { name: `Views ${'o'.repeat(190)}`, description: `See ${'x'.repeat(900)}` }
      const { body: wide } = await call('/projects', { template: 'technical_facts', ...odd })
      const here = `#/projects/${project.id}`
      Object.assign(views, {
        projects: '#/projects',
        documents: here,
        document: `${here}/documents/${project.sources[0]}`,
        facts: `${here}/facts`,
        quote: `${here}/facts?fact=${id}&source=${source_id}&start=${start}&end=${end}`,
        nothing: `${here}/facts?q=unfindable`,
        entity: `${here}/entities?entity=${entities.items[0].id}`,
        reports: `${here}/reports`,
        report: `${here}/reports/${written.result.report_id}`,
        jobs: '#/jobs',
        job: `#/jobs/${body.job_id}`,
        refused: '#/jobs/00000000-0000-4000-8000-000000000000',
        schema: '#/schema',
        wide: `#/projects/${wide.id}`,
        'no project': '#/projects/none',
        'no part': `${here}/none`,
        nowhere: '#/nowhere',
      })
    })

    test.each(briefly(LOOKS, 1))('%s at %d pixels has no fault', async (scheme, width) => {
      const { page, complaints, settle } = await openPage(browser, { width, scheme })
      await page.goto(base)
      await takePicture(page, `sign-in-${scheme}-${width}`)
      const faults = { 'sign-in': await findFaults(page) }
      await signIn(page, base, API_KEY)
      for (const [index, [name, view]] of Object.entries(views).entries()) {
        await page.goto(`${base}/${view}`)
        await settle()
        expect([name, await page.locator('main .loading').count()]).toEqual([name, 0])
        expect([name, await page.locator('h1').count()]).toEqual([name, 1])
        // Each view once in CI, by turns: axe takes a second or more for each.
        if (isSoak || index % 2 === Number(scheme === 'dark')) {
          await takePicture(page, `${name}-${scheme}-${width}`)
          Object.assign(faults, { [name]: await findFaults(page) })
        }
        expect([name, await widthOf(page)]).toEqual([name, width])
      }
      expect(
        Object.fromEntries(Object.entries(faults).filter(([, found]) => found.length > 0)),
      ).toEqual({})
      expect(complaints.filter((one) => !/40[04]/.test(one))).toEqual([])
      await page.close()
    })
  })

  test('a key that is none is refused in words; the templates are those of the service', async () => {
    const { page } = await openPage(browser)
    await page.goto(base)
    for (const key of ['a-key-that-is-not-one', 'ключ']) {
      await page.getByLabel('API key').fill(key)
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('This is no key of the service.').waitFor()
      await page.reload()
    }
    await page.getByLabel('API key').fill(API_KEY)
    await page.keyboard.press('Enter')
    const offered = page.getByLabel('Template').locator('option')
    await offered.first().waitFor({ state: 'attached' })
    expect(await offered.evaluateAll((all) => all.map((one) => one.getAttribute('value')))).toEqual(
      TEMPLATES.map(({ name }) => name),
    )
    await page.close()
  })

  test('while the service does not answer a view keeps what it has and says so, and afterwards goes on by itself', async () => {
    const { id: project } = await createProject(call, 'Outage', [DOCUMENT])
    const { page } = await openPage(browser)
    await signIn(page, base, API_KEY)
    await page.goto(`${base}/#/jobs`)
    const jobs = page.getByRole('region', { name: 'Jobs' }).getByRole('listitem')
    await jobs.first().waitFor()
    await page.route('**/api/v1/**', (route) => route.abort())
    const said = page.getByRole('alert').getByText('The service does not answer. Is it running?')
    await said.waitFor()
    await page.getByRole('status').getByText('Service does not answer').waitFor()
    expect(await jobs.count()).toBeGreaterThan(0)
    await page.goto(`${base}/#/projects/${project}`)
    await said.waitFor()

    await page.unroute('**/api/v1/**')
    await page.getByRole('link', { name: 'doc:0' }).waitFor()
    await page.getByRole('status').getByText('Database ready').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    await page.close()
  })

  test('a file that is chosen again after it was added is read again; one that is no text is refused', async () => {
    const { id: project } = await createProject(call, 'Files', [])
    const { page } = await openPage(browser)
    await signIn(page, base, API_KEY)
    await page.goto(`${base}/#/projects/${project}/documents`)
    const choose = (name: string, content: string | Uint8Array) =>
      page
        .getByLabel('Or a file')
        .setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(content) })
    await choose('a.pdf', new Uint8Array([0x25, 0x50, 0x44, 0x46, 0xff]))
    await page.getByRole('alert').getByText('a.pdf is not a text in UTF-8.').waitFor()
    expect(await page.getByLabel('Text', { exact: true }).inputValue()).toBe('')
    for (const text of ['# One', '# Two']) {
      await choose('a.md', text)
      await page.getByLabel('Group', { exact: true }).fill('Acme')
      await expect.poll(() => page.getByLabel('Text', { exact: true }).inputValue()).toBe(text)
      await page.getByRole('button', { name: 'Add document' }).click()
      await page.getByText('Added a.md.').waitFor()
      expect(await page.getByLabel('Or a file').inputValue()).toBe('')
    }
    await page.close()
  })
})

test('a service that stops ends the streams at once', async () => {
  const { id: project } = await createProject(call, 'Stop', [])
  const stream = await watch(`/jobs/${await insertQueuedJob(project)}/events`)
  const read = stream.text()
  expect(await program.stop()).toBe(0)
  expect(await read).toContain('"status":"queued"')
})

const LOOKS = [
  ['light', 1280],
  ['dark', 360],
  ['dark', 1280],
  ['light', 360],
] as const

async function signInHere(page: Parameters<typeof signIn>[0]): Promise<void> {
  await page.getByLabel('API key').fill(API_KEY)
  await page.keyboard.press('Enter')
}

function isInView(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect()
  return top >= 0 && bottom <= innerHeight
}

async function readStorage() {
  const databases = await indexedDB.databases()
  return [localStorage.length, sessionStorage.length, document.cookie, databases]
}
