import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'

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
