import { onEveryMajor } from '@techfacts/postgres/testing'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
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

/** Pages and what they look like, kept for whoever wants to see them: `packages/report/.data/pages`. */
export const FOLDER = fileURLToPath(new URL('../../../.data/pages/', import.meta.url))

interface View {
  readonly width?: number
  readonly scheme?: 'light' | 'dark'
}

/** Opens a text as a page from a file, and collects what it complains of and asks for. */
export async function openPage(
  browser: Browser,
  name: string,
  text: string,
  { width = 1280, scheme = 'light' }: View = {},
): Promise<{ readonly page: Page; readonly complaints: string[]; readonly requests: string[] }> {
  await mkdir(FOLDER, { recursive: true })
  const path = `${FOLDER}${name}.html`
  await writeFile(path, text)
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme })
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => void complaints.push(message.text()))
  page.on('pageerror', (error) => void complaints.push(error.message))
  page.on('request', (request) => void requests.push(request.url()))
  const url = pathToFileURL(path).href
  await page.goto(url)
  return { page, complaints, requests: requests.filter((one) => one !== url) }
}
