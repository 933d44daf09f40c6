/// <reference lib="dom" />
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DescribedMigration, Proof, WordStep } from '@techfacts/migrator'
import { briefly } from '@techfacts/postgres/testing'
import { findFaults, hasBrowser, startBrowser, widthOf } from '@techfacts/trials/browser'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderPage } from './index.ts'
import { FOLDER, openPage } from './tests/browser.ts'
import { CALM, SAMPLE } from './tests/sample-proof.ts'

const word: WordStep = (step) =>
  'setting' in step ? step.setting : ['migrate', step.command, ...(step.args ?? [])].join(' ')

test('the same proof gives the same bytes, which load nothing and name no address', async () => {
  const text = await renderPage(SAMPLE, word)
  expect(await renderPage(SAMPLE, word)).toBe(text)
  expect(text).toContain(`default-src &#39;none&#39;`)
  expect(text).not.toMatch(/<(script|link|img|iframe|object|base)\b|\bstyle="|url\(|@import/)
  expect(text.match(/https?:[^"\s]*/g) ?? []).toEqual(['http://www.w3.org/2000/svg'])
})

test('a statement with megabytes of data is cut, and says so', async () => {
  const [first] = CALM.migrations
  const long = `insert into t values ('${'x'.repeat(2_000_000)}')`
  const statement = { sql: long, line: 1, locks: [], hasUnknownLocks: false }
  const segments = [{ mode: 'transaction' as const, statements: [statement] }]
  const migrations = first ? [{ ...first, up: { kind: 'sql' as const, segments } }] : []
  const text = await renderPage({ ...CALM, migrations }, word)
  expect(text.length).toBeLessThan(100_000)
  expect(text).toContain(` … ${long.length - 20_000} more characters`)
})

const VIEWS = [
  ['dark', 360],
  ['light', 360],
  ['dark', 1280],
  ['light', 1280],
] as const

describe.runIf(hasBrowser)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser?.close())

  test.each(briefly(VIEWS))('%s at %d pixels nothing is wrong with it', async (scheme, width) => {
    const name = `sample-${scheme}-${width}`
    const text = await renderPage(SAMPLE, word)
    const { page, complaints, requests } = await openPage(browser, name, text, { width, scheme })
    expect([complaints, requests]).toEqual([[], []])
    await page.screenshot({ path: `${FOLDER}${name}.png`, fullPage: true })
    expect(await widthOf(page)).toBe(width)
    expect(await findFaults(page)).toEqual([])
    await page.close()
  })

  test(
    'on paper it is dark on white, unfolded, and nothing is cut off',
    { tags: 'long' },
    async () => {
      const text = await renderPage(SAMPLE, word)
      const { page } = await openPage(browser, 'print', text, { width: PAPER, scheme: 'dark' })
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      await page.screenshot({ path: `${FOLDER}print.png`, fullPage: true })
      expect(await widthOf(page)).toBe(PAPER)
      expect(await findUnprinted(page)).toEqual([])
      expect(await findFaults(page)).toEqual([])
      const { length } = await page.pdf({ path: `${FOLDER}print.pdf`, format: 'A4' })
      expect(length).toBeGreaterThan(10_000)
      await page.close()
    },
  )

  test('a statement says how large in the real database what it locks is', async () => {
    const { page } = await openPage(browser, 'sizes', await renderPage(SAMPLE, word))
    const said = page.getByText('On db.example.com:5432/shop: jobs: about 1,204,311 rows, 310 MB')
    expect(await said.count()).toBe(1)
    const statement = page.locator('.statement', { has: said })
    expect(await statement.locator('pre').textContent()).toContain('drop column "urgent"')
    await page.close()
  })

  test('what holds, with no schema on record, is a page as well', async () => {
    const { page, complaints } = await openPage(browser, 'calm', await renderPage(CALM, word))
    await page.screenshot({ path: `${FOLDER}calm.png`, fullPage: true })
    expect(complaints).toEqual([])
    expect(await page.locator('h1').textContent()).toContain('Verified: 1 migration.')
    expect(await page.locator('#against').count()).toBe(0)
    const says = ['Verified: 1 migration.', 'Against shop, 1 migration would be refused.']
    const refused = await renderPage({ ...CALM, judgement: { verdict: 'unproved', says } }, word)
    expect(refused).toContain(`<title>${says.join(' ')}</title>`)
    expect(refused).toContain('<header class="top fair">')
    await page.close()
  })

  test('names that are markup, or turn the text around them, are text', async () => {
    const hostile = withSuffix(SAMPLE, HOSTILE)
    const { page, complaints } = await openPage(browser, 'hostile', await renderPage(hostile, word))
    const { page: usual } = await openPage(browser, 'usual', await renderPage(SAMPLE, word))
    expect(complaints).toEqual([])
    expect(await countElements(page)).toEqual(await countElements(usual))
    const shown = (await page.locator('main').textContent()) ?? ''
    expect(shown).toContain(`priority_of_jobs${HOSTILE.replace('\u202E', '\\u{202e}')}`)
    expect(shown).toContain(`(about 1,204,311 rows, 310 MB)${HOSTILE.slice(0, 5)}`)
    expect(await page.title()).toContain('2 faults')
    expect(await page.title()).toContain(HOSTILE.slice(0, 5))
    await Promise.all([page.close(), usual.close()])
  })

  test('a script that got into it does not run, nor a style, nor a request', async () => {
    const asked: string[] = []
    const server = createServer(({ url = '' }, response) => {
      asked.push(url)
      response.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const injected = `<script>document.title = 'ran'</script><p style="color:red">
      <img src="http://127.0.0.1:${port}/asked" onerror="document.title = 'ran'"></p></body>`
    const text = (await renderPage(CALM, word)).replace('</body>', () => injected)
    const { page, complaints } = await openPage(browser, 'injected', text)
    expect(await page.title()).toContain('Verified')
    const refused = complaints.map((one) => /^\w+ (?:the|inline) \w+/.exec(one)?.[0] ?? one)
    expect(refused.toSorted()).toEqual([
      'Applying inline style',
      'Executing inline event',
      'Executing inline script',
      'Loading the image',
    ])
    expect(asked).toEqual([])
    // Without the policy it runs: what is shown above is the policy's work.
    const bare = text.replace(/<meta http-equiv[^>]*>/, '')
    const { page: open } = await openPage(browser, 'injected-bare', bare)
    expect([await open.title(), asked]).toEqual(['ran', ['/asked']])
    await Promise.all([page.close(), open.close()])
    server.close()
  })

  test('the keyboard reaches each link, each fold and the picture', async () => {
    const { page } = await openPage(browser, 'keyboard', await renderPage(SAMPLE, word))
    const reached: string[] = []
    const all = await page.locator('a, summary, [tabindex]').count()
    for (let i = 0; i < all; i += 1) {
      await page.keyboard.press('Tab')
      reached.push(await page.evaluate(() => document.activeElement?.tagName ?? ''))
    }
    expect(reached.filter((one) => one === 'A')).toHaveLength(SAMPLE.migrations.length)
    expect(reached.filter((one) => one === 'DIV')).toHaveLength(1)
    expect(reached).not.toContain('BODY')
    await page.close()
  })
})

/** A tag's end, an attribute's end, an emoji, Hebrew, and what turns the direction. */
const HOSTILE = `</script></style><script>document.title='ran'</script>"><img src=x onerror=document.title='ran'>' & 🦖 שלום \u202Eolleh`

/** Words that are no names. */
const FIXED = new Set(
  `holds|unproved|faulty|expand|contract|sql|code|none|loaded|up|down|up again|transaction|outside|error|warning|reading and writing|writing|scan|build|rewrite`.split(
    '|',
  ),
)

/** The same proof where every text that may be anything ends with this. */
function withSuffix(
  { report, migrations, against, judgement, ...schemas }: Proof,
  suffix: string,
): Proof {
  const change = <T>(value: T): T => {
    if (typeof value === 'string') return (FIXED.has(value) ? value : value + suffix) as T
    if (Array.isArray(value)) return value.map(change) as T
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(one)])) as T
  }
  const described: readonly DescribedMigration[] = change(migrations)
  return {
    report: change(report),
    migrations: described,
    judgement: change(judgement),
    ...(against && { against: change(against) }),
    ...schemas,
  }
}

/** Of A4, in pixels of CSS, without its margins. */
const PAPER = 718

/** What would not be on paper: folded, scrolled out of sight, or light on white. */
function findUnprinted(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const folded = [...document.querySelectorAll('details > :not(summary)')].filter(
      (one) => !one.checkVisibility({ contentVisibilityAuto: true }) || one.clientHeight === 0,
    )
    const scrolled = [...document.querySelectorAll('.scroll, pre')].filter(
      (one) => one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1,
    )
    const light = [...document.querySelectorAll('h1, h2, p, code, dd')].filter(
      (one) => Number(/\d+/.exec(getComputedStyle(one).color)) > 180,
    )
    return [...folded, ...scrolled, ...light].map(({ outerHTML }) => outerHTML.slice(0, 200))
  })
}

async function countElements(page: Page): Promise<Record<string, number>> {
  return page.evaluate(() => {
    const counts: Record<string, number> = {}
    for (const { tagName } of document.querySelectorAll('*:not(pre *, wbr)'))
      counts[tagName] = (counts[tagName] ?? 0) + 1
    return counts
  })
}
