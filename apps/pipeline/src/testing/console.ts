/// <reference lib="dom" />
import { execFile } from 'node:child_process'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'

const CONSOLE = fileURLToPath(new URL('../../../console/', import.meta.url))

/** Builds the console where that is not built, or was changed since: turbo has done so, a test that runs alone has not. */
export async function ensureConsole(): Promise<void> {
  const built = await stat(`${CONSOLE}dist/index.html`).catch(() => undefined)
  if (built && built.mtimeMs > (await lastChange())) return
  const vite = `${CONSOLE}node_modules/vite/bin/vite.js`
  await promisify(execFile)(process.execPath, [vite, 'build', CONSOLE])
}

async function lastChange(): Promise<number> {
  const sources = await readdir(`${CONSOLE}src`, { recursive: true })
  const all = ['index.html', 'vite.config.ts', ...sources.map((name) => `src/${name}`)]
  const found = await Promise.all(all.map((name) => stat(`${CONSOLE}${name}`)))
  return Math.max(...found.map(({ mtimeMs }) => mtimeMs))
}

/** What the views look like, kept for whoever wants to see them. */
const PICTURES = fileURLToPath(new URL('../../.data/console/', import.meta.url))

export async function takePicture(page: Page, name: string): Promise<void> {
  await mkdir(PICTURES, { recursive: true })
  await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true })
}

/** Opens a page, and collects what it complains of and where it asks for something. */
export async function openPage(
  browser: Browser,
  look: { readonly width?: number; readonly scheme?: 'light' | 'dark' } = {},
) {
  const { width = 1280, scheme = 'light' } = look
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme })
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => void complaints.push(message.text()))
  page.on('pageerror', (error) => void complaints.push(error.message))
  let underWay = 0
  page.on('request', (request) => void (requests.push(request.url()), (underWay += 1)))
  const ended = () => void (underWay -= 1)
  page.on('requestfinished', ended)
  page.on('requestfailed', ended)
  /** Waits until nothing is asked for any more, and what was answered is shown. */
  const settle = async () => {
    for (let quiet = 0; quiet < 3; quiet = underWay === 0 ? quiet + 1 : 0) {
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 30)))
    }
  }
  return { page, complaints, requests, settle }
}

/** Presses Tab until what has this name has the focus: who cannot get there, cannot use it. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let pressed = 0; pressed < 80; pressed += 1) {
    await page.keyboard.press('Tab')
    const focused = page.locator(':focus')
    const text = await focused
      .evaluate(
        (element) => {
          const { labels, textContent } = element as HTMLInputElement
          return element.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? textContent ?? ''
        },
        undefined,
        { timeout: 1000 },
      )
      .catch(() => '')
    if (typeof name === 'string' ? text.trim() === name : name.test(text)) return
  }
  throw new Error(`The keyboard does not reach ${String(name)}.`)
}

/** Signs in as somebody who types. */
export async function signIn(page: Page, address: string, key: string): Promise<void> {
  await page.goto(address)
  await page.getByLabel('API key').fill(key)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}
