import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { expect, test } from 'vitest'

const MOST_BYTES = 60_000

test('the console is small, has nothing inline and names no other origin', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'console-'))
  try {
    const root = fileURLToPath(new URL('..', import.meta.url))
    await build({ root, logLevel: 'silent', build: { outDir: folder } })
    const page = await readFile(join(folder, 'index.html'), 'utf8')
    expect(page).not.toMatch(/<style|style=|<script(?![^>]* src=)|\bon\w+=/)
    const assets = await readdir(join(folder, 'assets'))
    const texts = await Promise.all(assets.map((name) => readFile(join(folder, 'assets', name))))
    const bytes = [page, ...texts].reduce((sum, text) => sum + gzipSync(text).length, 0)
    console.log(`The console is ${bytes} bytes, gzipped.`)
    expect(bytes).toBeLessThan(MOST_BYTES)
    const addresses = String(Buffer.concat(texts)).match(/https?:\/\/[^"'`\s)]+/g) ?? []
    expect(addresses.filter((one) => !one.startsWith('http://www.w3.org/'))).toEqual([])
  } finally {
    await rm(folder, { recursive: true })
  }
})
