/// <reference lib="dom" />
import { onEveryMajor } from '@techfacts/postgres/testing'
import axe from 'axe-core'
import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'

/** Debian's, and where those who run CI for others put a browser. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const FOUND = PLACES.find((path) => existsSync(path))

/** `.ci/run` installs one where it may. Where it may and has not, tests fail rather than be left out. */
const isNeeded = onEveryMajor && process.getuid?.() === 0

/** Whether the tests of pages can run here; where they cannot, it is said once. */
export const hasBrowser: boolean = FOUND !== undefined || isNeeded
if (!hasBrowser)
  console.warn('There is no chromium here: what pages look like in a browser is not tested.')

/** Starts a browser that asks nobody for anything. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: FOUND ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** How wide a page is in truth: more than its window where it scrolls sideways. */
export function widthOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth)
}

/** What axe finds in a page, as `rule: element`. */
export async function findFaults(page: Page): Promise<string[]> {
  await page.evaluate(`${axe.source}; undefined`)
  const { violations } = await page.evaluate<Found>('axe.run()')
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

interface Found {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { html: string }[]
  }[]
}
