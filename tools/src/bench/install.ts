import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pnpm } from '../pnpm.ts'
import { ROOT } from '../root.ts'
import type { Contender } from './contender.ts'

const run = promisify(execFile)

/** Installs the packages of all contenders from npm into a folder, and this repository's engine as it is packed. */
export async function install(folder: string, contenders: readonly Contender[]): Promise<void> {
  const engine = join(ROOT, 'packages/migrator')
  await pnpm(['pack', '--pack-destination', folder], engine)
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'))
  const packages = Object.assign({}, ...contenders.map(({ packages }) => packages))
  const dependencies = { ...packages, '@techfacts/migrator': `file:${tarball}` }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder })
}
