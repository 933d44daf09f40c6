import { execFile } from 'node:child_process'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url))

/** What such a project has of its own: MikroORM, its CLI, and a compiler. */
const OF_THE_PROJECT = [
  '@mikro-orm/cli',
  '@mikro-orm/core',
  '@mikro-orm/migrations',
  '@mikro-orm/postgresql',
]

/** A project outside the workspace that has installed the packed tarball. */
export interface PackedProject {
  readonly folder: string
  write(file: string, text: string): Promise<void>
  /** Runs `mikro-orm <args>` with plain Node; `output` is what it wrote to both streams. */
  cli(this: void, ...args: string[]): Promise<{ exit: number; output: string }>
  /** Runs `npx @techfacts/migrator <args>`, as a person types it there. */
  migrator(this: void, ...args: string[]): Promise<{ exit: number; output: string }>
  /** Runs the TypeScript compiler there. */
  tsc(...args: string[]): Promise<{ exit: number; output: string }>
  remove(): Promise<void>
}

/** Packs the package as it would be published, and installs it as a package manager would, but from here. */
export async function packedProject(environment: NodeJS.ProcessEnv): Promise<PackedProject> {
  const folder = await mkdtemp(join(tmpdir(), 'packed-'))
  const tarball = await pack(folder)
  const installed = join(folder, 'node_modules/@techfacts/migrator')
  await mkdir(installed, { recursive: true })
  await must(execute('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]))
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(manifest.dependencies), ...OF_THE_PROJECT]) {
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(PACKAGE, 'node_modules', name), link)
  }
  await linkBins(folder, installed, manifest.bin)
  const npx = (args: string[]) =>
    execute('npx', ['--no', ...args], {
      cwd: folder,
      env: { PATH, HOME: folder, npm_config_update_notifier: 'false', ...environment },
    })
  const node = (file: string, args: string[]) =>
    execute(process.execPath, [file, ...args], { cwd: folder, env: { PATH, ...environment } })
  return {
    folder,
    write: async (file, text) => {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await writeFile(join(folder, file), text)
    },
    cli: (...args) => node(join(folder, 'node_modules/@mikro-orm/cli/cli.js'), args),
    migrator: (...args) => npx(['@techfacts/migrator', ...args]),
    tsc: (...args) => execute('tsc', args, { cwd: folder }),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** As a package manager does: a link in `.bin`, and the right to run it. */
async function linkBins(
  folder: string,
  installed: string,
  bins: Readonly<Record<string, string>>,
): Promise<void> {
  const links = join(folder, 'node_modules/.bin')
  await mkdir(links)
  for (const [name, file] of Object.entries(bins)) {
    await chmod(join(installed, file), 0o755)
    await symlink(join(installed, file), join(links, name))
  }
}

const PATH = process.env['PATH'] ?? ''

/** One at a time: the build writes into one folder, and the tests of two servers may run at once. */
async function pack(folder: string): Promise<string> {
  const lock = join(PACKAGE, 'node_modules/.packing')
  while (!(await isMade(lock))) await sleep(100)
  try {
    const pack = ['pack', '--pack-destination', folder]
    // The pnpm that runs this test, or the one of the CI script.
    const started = process.env['npm_execpath'] ?? ''
    const [program, ...args] = started.includes('pnpm')
      ? ([started, ...pack] as const)
      : (['npx', '-y', 'pnpm@12', ...pack] as const)
    await must(execute(program, args, { cwd: PACKAGE }))
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? ''
  return join(folder, tarball)
}

/** False while another holds it; one that was left behind by a killed run is taken over. */
async function isMade(lock: string): Promise<boolean> {
  const isNew = await mkdir(lock).then(
    () => true,
    () => false,
  )
  if (isNew) return true
  const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Date.now() }))
  if (Date.now() - mtimeMs > 60_000) await rm(lock, { recursive: true, force: true })
  return false
}

async function must(running: ReturnType<typeof execute>): Promise<void> {
  const { exit, output } = await running
  if (exit !== 0) throw new Error(output)
}

async function execute(
  program: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<{ exit: number; output: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, options)
    return { exit: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return {
      exit: typeof code === 'number' ? code : 1,
      output: `${stdout}${stderr}` || String(error),
    }
  }
}
