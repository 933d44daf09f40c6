import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { migrate } from '../testing/cli.ts'

test('outside of a repository of git it is said what works without one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'no-git-'))
  const config = join(folder, 'mikro-orm.config.ts')
  await writeFile(config, 'export default {}')
  const { exit, stdout, stderr } = await migrate(['verify', '--config', config])
  expect([exit, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(
    /known by git alone, and .* is in no repository that it reads \(git says: /,
  )
  expect(stderr).toMatch(/\nTo name the migrations yourself, run: \S+ verify FIRST\.\.LAST\n$/)
  vi.stubEnv('PATH', folder)
  expect((await migrate(['verify', '--config', config])).stderr).toMatch(
    /reads \(git is not there: install it, or add its folder to PATH\)\. Nothing was done/,
  )
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})
