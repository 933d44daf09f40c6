import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { pnpm } from './pnpm.ts'
import { ROOT } from './root.ts'

const run = promisify(execFile)
const HOME = join(ROOT, 'packages/report')

/** Node strips no types below node_modules: what is packed has to be JavaScript. */
test(
  'a project that installs the tarball of @techfacts/report can import it',
  { tags: 'long' },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'report-packed-'))
    try {
      await pnpm(['pack', '--pack-destination', folder], HOME)
      const [tarball = ''] = await readdir(folder)
      await run('tar', ['-xzf', tarball], { cwd: folder })
      const installed = join(folder, 'node_modules/@techfacts/report')
      await mkdir(join(folder, 'node_modules/@techfacts'), { recursive: true })
      await rename(join(folder, 'package'), installed)
      const packed = await readdir(installed, { recursive: true })
      expect(packed.filter((name) => /(?<!\.d)\.ts$|\.test\./.test(name))).toEqual([])
      await symlink(join(HOME, 'node_modules'), join(installed, 'node_modules'))
      const exported = `console.log(Object.keys((await import('@techfacts/report')).default).join())`
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', exported], {
        cwd: folder,
      })
      expect(stdout).toBe('drawSchema,renderPage\n')
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)
