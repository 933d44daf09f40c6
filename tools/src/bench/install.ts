import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pnpm } from '../pnpm.ts'
import { ROOT } from '../root.ts'
import type { Contender } from './contender.ts'
import { describeFailure } from './result.ts'

const run = promisify(execFile)

const TARBALL = 'techfacts-migrator.tgz'

/** How a contender asks for this repository's engine, as it is packed. */
export const ENGINE = `file:${TARBALL}`

/** Names of contenders, and why they cannot be measured. */
export type Failures = ReadonlyMap<string, string>

/** Installs the packages of all contenders from npm into a folder; returns those that cannot be installed. */
export async function install(folder: string, contenders: readonly Contender[]): Promise<Failures> {
  return installEach(contenders, async (dependencies) => {
    const isWanted = Object.values(dependencies).includes(ENGINE)
    if (isWanted && !existsSync(join(folder, TARBALL))) await packEngine(folder)
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
    await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder })
  })
}

async function packEngine(folder: string): Promise<void> {
  await pnpm(['pack', '--pack-destination', folder], join(ROOT, 'packages/migrator'))
  const packed = (await readdir(folder)).find((name) => name.endsWith('.tgz'))
  if (packed === undefined) throw new Error(`pnpm pack has left nothing in ${folder}.`)
  await rename(join(folder, packed), join(folder, TARBALL))
}

type Packages = Contender['packages']

/** Installs all at once; where that fails one after another, so that only those are missing that cannot be installed. */
export async function installEach(
  contenders: readonly Pick<Contender, 'name' | 'packages'>[],
  add: (packages: Packages) => Promise<void>,
): Promise<Failures> {
  const failures = new Map<string, string>()
  try {
    await add(Object.assign({}, ...contenders.map(({ packages }) => packages)))
    return failures
  } catch (error) {
    console.error(`Not all can be installed together, so each is tried: ${describeFailure(error)}`)
  }
  let installed: Packages = {}
  for (const { name, packages } of contenders) {
    const wanted = { ...installed, ...packages }
    try {
      await add(wanted)
      installed = wanted
    } catch (error) {
      failures.set(name, `cannot be installed: ${describeFailure(error)}`)
    }
  }
  return failures
}
