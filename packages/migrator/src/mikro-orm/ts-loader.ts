import { existsSync } from 'node:fs'
import { createRequire, findPackageJSON, registerHooks } from 'node:module'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { failure, type MigratorError } from '../errors/index.ts'
import { chosenLoader, nameTsconfig } from './env.ts'

/** Those of MikroORM's own CLI, in its order, for a project of ES modules and for one of CommonJS. */
const LOADERS = {
  oxc: { of: '@oxc-node/core', esm: '@oxc-node/core/register', cjs: '@oxc-node/core/register' },
  swc: {
    of: '@swc-node/register',
    esm: '@swc-node/register/esm-register',
    cjs: '@swc-node/register',
  },
  tsx: { of: 'tsx', esm: 'tsx/esm/api', cjs: 'tsx/cjs/api' },
  jiti: { of: 'jiti', esm: 'jiti/register', cjs: 'jiti/register' },
  tsimp: { of: 'tsimp', esm: 'tsimp/import', cjs: 'tsimp/import' },
} as const

type LoaderName = keyof typeof LOADERS

/**
 * Before anything of a project in TypeScript is imported: has it loaded as MikroORM's CLI would, by the loader that
 * `MIKRO_ORM_CLI_TS_LOADER` or `mikro-orm.tsLoader` in its package.json names, or else by the first that it has.
 * Without one Node strips the types by itself, which decorators and enums do not survive.
 * Throws TYPESCRIPT_UNREADABLE where the one that is named is not there.
 */
export async function registerLoader(configPath: string): Promise<void> {
  if (!/\.[cm]?ts$/.test(configPath)) return
  const { preferTs, tsLoader, isEsm } = await readSettings(configPath)
  if (preferTs === false) return
  const named = chosenLoader() ?? tsLoader
  const name = named === undefined || named === 'auto' ? installedLoader(configPath) : named
  if (name === undefined || registered.has(name)) return
  if (!isLoader(name) || !isInstalled(name, configPath)) {
    throw unreadable(configPath, `the loader "${name}", which is set, is not installed`)
  }
  registered.add(name)
  await register(name, isEsm, configPath).catch((error: unknown) => {
    const [reason] = String(error instanceof Error ? error.message : error).split('\n')
    throw unreadable(configPath, `the loader "${name}" does not start (${reason})`, error)
  })
  const provider = importProvider(name, isEsm, configPath)
  if (provider) Object.assign(globalThis, { dynamicImportProvider: provider })
}

/** These loaders look for themselves, and for tsconfig.json, in the folder that a CLI is started in. */
async function register(name: LoaderName, isEsm: boolean, configPath: string): Promise<void> {
  const started = process.cwd()
  const root = dirname(findPackageJSON(pathToFileURL(configPath)) ?? configPath)
  nameTsconfig(join(root, 'tsconfig.json'))
  process.chdir(root)
  try {
    const { esm, cjs } = LOADERS[name]
    const loaded = await importAsProject(configPath, isEsm ? esm : cjs)
    if (typeof loaded.register === 'function') loaded.register()
  } finally {
    process.chdir(started)
  }
}

/** What MikroORM imports by from then on, as its CLI sets it, and so does whoever reads its migrations here. */
function importProvider(name: LoaderName, isEsm: boolean, configPath: string) {
  if (name === 'jiti' || name === 'tsimp') {
    return async (id: string): Promise<unknown> => {
      const module: { default?: unknown } = await import(id)
      return module.default ?? module
    }
  }
  // What the others hook in a project of CommonJS is require.
  const require = createRequire(configPath)
  return isEsm ? undefined : async (id: string): Promise<unknown> => require(fileURLToPath(id))
}

/** For the process: a loader stays. */
const registered = new Set<string>()

/** `/srv/app/page.ts:12`: where in a file of the project an error comes from, as far as its stack tells. */
export function placeOf({ stack = '' }: Error): string | undefined {
  for (const [, url, path, line] of stack.matchAll(
    /(?:(file:\/\/\/[^\s()]+?\.[cm]?[jt]s)|(\/[^\n()]+?\.[cm]?[jt]s)):(\d+)/g,
  )) {
    const file = url === undefined ? path : fileURLToPath(url)
    if (file !== undefined && !file.includes('node_modules')) return `${file}:${line}`
  }
  return undefined
}

/** TYPESCRIPT_UNREADABLE where an import failed for want of a loader; undefined for any other reason. */
export function explainImport(configPath: string, error: unknown): MigratorError | undefined {
  if (!(error instanceof Error) || registered.size > 0) return undefined
  const { code = '', url } = error as { code?: string; url?: string }
  const isTypeScript = /\.[cm]?ts$/.test(configPath)
  const isSyntax = code.endsWith('_TYPESCRIPT_SYNTAX') || error instanceof SyntaxError
  if (!isTypeScript || !(isSyntax || isOfTypeScript(url))) return undefined
  const [reason = ''] = error.message.split('\n')
  if (code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') {
    const said = `${placeOf(error) ?? configPath} cannot be read as TypeScript: ${reason}. Correct it.`
    return failure('PROJECT_INVALID', { reason: said }, error)
  }
  return unreadable(configPath, `Node cannot run it by itself (${reason})`, error)
}

/** Of an import without an extension, or with that of what it is compiled to. */
function isOfTypeScript(missing: string | undefined): boolean {
  if (!missing?.startsWith('file:')) return false
  const path = fileURLToPath(missing)
  return [`${path}.ts`, path.replace(/js$/, 'ts'), join(path, 'index.ts')].some(
    (source) => source !== path && existsSync(source),
  )
}

function unreadable(configPath: string, reason: string, cause?: unknown) {
  return failure('TYPESCRIPT_UNREADABLE', { configPath, reason }, cause)
}

function isLoader(name: string): name is LoaderName {
  return Object.hasOwn(LOADERS, name)
}

/** Whether a project has a loader of TypeScript that MikroORM's CLI would use. */
export function hasLoader(configPath: string): boolean {
  return installedLoader(configPath) !== undefined
}

function installedLoader(configPath: string): LoaderName | undefined {
  const names = Object.keys(LOADERS) as LoaderName[]
  return names.find((name) => isInstalled(name, configPath))
}

function isInstalled(name: LoaderName, configPath: string): boolean {
  try {
    return findPackageJSON(LOADERS[name].of, pathToFileURL(configPath)) !== undefined
  } catch {
    return false
  }
}

interface Settings {
  readonly preferTs?: boolean
  readonly tsLoader?: string
  readonly isEsm: boolean
}

async function readSettings(configPath: string): Promise<Settings> {
  const path = findPackageJSON(pathToFileURL(configPath))
  const manifest = path === undefined ? {} : JSON.parse(await readFile(path, 'utf8'))
  const isEsm = configPath.endsWith('.ts')
    ? manifest.type === 'module'
    : configPath.endsWith('.mts')
  return { ...manifest['mikro-orm'], isEsm }
}

/** As an import in the configuration itself would find it. */
async function importAsProject(
  configPath: string,
  specifier: string,
): Promise<Readonly<Record<string, unknown>>> {
  const parentURL = pathToFileURL(configPath).href
  const hooks = registerHooks({
    resolve: (given, context, next) =>
      given === specifier ? next(given, { ...context, parentURL }) : next(given, context),
  })
  try {
    return await import(specifier)
  } finally {
    hooks.deregister()
  }
}
