import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { ROOT } from '../root.ts'

/** What documents may name. */
export type Repository = {
  /** Every file and folder, relative to the root; folders end with a slash. */
  readonly paths: readonly string[]
  readonly packages: readonly Package[]
  readonly root: Package
  /** The tasks of turbo.json. */
  readonly tasks: readonly string[]
  /** What `migrate` and its commands print as help: docs/cli.md, which is generated from them. */
  readonly migrateHelp: string
  /** The text of the files that read the environment: programs' env.ts, and some tests. */
  readonly environment: string
  /** The text of all sources but tests. */
  readonly sources: string
}

/** A package of the workspace. */
export type Package = {
  readonly name: string
  readonly scripts: Readonly<Record<string, string>>
  readonly exports: readonly string[]
  /** The programs that its dependencies and the root's bring. */
  readonly programs: readonly string[]
}

const GENERATED = new Set(['node_modules', '.git', '.turbo', '.data', 'coverage', 'dist'])

/** Reads what there is in this repository. */
export async function readRepository(): Promise<Repository> {
  const paths = await walk(ROOT)
  const typescript = await Promise.all(
    paths
      .filter((path) => path.endsWith('.ts'))
      .map(async (path) => ({ path, text: await read(path) })),
  )
  const textOf = (isWanted: (file: { path: string; text: string }) => boolean) =>
    typescript
      .filter(isWanted)
      .map(({ text }) => text)
      .join('\n')
  const manifests = paths.filter((path) =>
    /^((apps|packages)\/[^/]+\/|tools\/)?package\.json$/.test(path),
  )
  const packages = await Promise.all(manifests.map(readPackage))
  const root = packages.find(({ name }) => name === 'techfacts')
  if (!root) throw new Error('The root has no package.json.')
  return {
    paths,
    packages,
    root,
    tasks: Object.keys(JSON.parse(await read('turbo.json')).tasks),
    migrateHelp: await read('docs/cli.md'),
    environment: textOf(({ text }) => text.includes('process.env')),
    sources: textOf(({ path }) => !/\.test\.ts$|\/(tests|testing)\//.test(path)),
  }
}

/** Whether people or their assistants read it. */
export function isDocument(path: string): boolean {
  return /\.md$|(^|\/)llms\.txt$/.test(path)
}

/** Reads a file of the repository. */
export function read(path: string): Promise<string> {
  return readFile(join(ROOT, path), 'utf8')
}

async function readPackage(manifest: string): Promise<Package> {
  const { name, scripts = {}, exports = {} } = JSON.parse(await read(manifest))
  const bins = [dirname(manifest), '.'].map((folder) => join(ROOT, folder, 'node_modules/.bin'))
  const programs = await Promise.all(bins.map((folder) => readdir(folder).catch(() => [])))
  return { name, scripts, exports: Object.keys(exports), programs: programs.flat() }
}

async function walk(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = entries
    .filter((entry) => !GENERATED.has(entry.name))
    .map(async (entry) => {
      const path = relative(ROOT, join(folder, entry.name))
      return entry.isDirectory() ? [`${path}/`, ...(await walk(join(ROOT, path)))] : [path]
    })
  return (await Promise.all(found)).flat()
}
