import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { pnpm } from '../pnpm.ts'
import { ROOT } from '../root.ts'

const run = promisify(execFile)

/** As the image of the migrate step is built, but for the base image: its COPY and `RUN pnpm install` in an empty folder. */
test('the image of the migrate step can plan every migration', { timeout: 600_000 }, async () => {
  const dockerfile = await readFile(join(ROOT, 'apps/migrate/Dockerfile'), 'utf8')
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
    paths.split(' '),
  )
  const [, install = ''] = /^RUN pnpm (install .+)$/m.exec(dockerfile) ?? []
  const folder = await mkdtemp(join(tmpdir(), 'image-'))
  try {
    const { stdout } = await run('git', ['ls-files', '-z', ...copied], { cwd: ROOT })
    for (const file of stdout.split('\0').filter((name) => name !== '')) {
      await cp(join(ROOT, file), join(folder, file))
    }
    const arguments_ = install.replaceAll("'", '').split(' ')
    // What this checkout was installed from, wherever the temporary folder lies.
    const store = await pnpm(['store', 'path'], ROOT)
    await pnpm([...arguments_, '--prefer-offline', `--store-dir=${store.trim()}`], folder)
    const planned = await run(process.execPath, ['apps/migrate/src/main.ts', 'plan', '--json'], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      maxBuffer: 64 * 1024 * 1024,
    })
    expect(JSON.parse(planned.stdout).migrations.length).toBeGreaterThan(20)
  } finally {
    await rm(folder, { recursive: true })
  }
})
