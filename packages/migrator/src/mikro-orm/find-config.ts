import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { failure } from '../errors/index.ts'
import { chosenConfig, prefersTs } from './env.ts'
import { hasLoader } from './ts-loader.ts'

/**
 * The configuration that MikroORM's CLI would take in this folder: of MIKRO_ORM_CLI_CONFIG, of `mikro-orm.configPaths`
 * in package.json, or at one of its usual places. TypeScript counts where it may be loaded, and where there is
 * nothing else, since Node can strip types itself. Throws PROJECT_INVALID with the places that were looked at.
 */
export function findConfig(folder = process.cwd()): string {
  const { preferTs, configPaths = [] } = readSettings(folder)
  const chosen = chosenConfig()
  const isBuilt = ['dist', 'build'].find((name) => existsSync(join(folder, name))) ?? 'src'
  const paths = [
    ...(chosen === undefined ? [] : [chosen]),
    ...configPaths,
    './src/mikro-orm.config.ts',
    './mikro-orm.config.ts',
    `./${isBuilt}/mikro-orm.config.js`,
    './mikro-orm.config.js',
  ].map((path) => resolve(folder, path))
  const there = paths.filter((path) => existsSync(path))
  const wantsTs = prefersTs() ?? preferTs ?? there.some((path) => isTs(path) && hasLoader(path))
  const canTs = wantsTs || (chosen !== undefined && isTs(chosen))
  const found = (canTs ? there : there.filter((path) => !isTs(path)))[0] ?? there[0]
  if (found !== undefined) return found
  const reason = `There is no MikroORM configuration here. Looked for: ${[...new Set(paths)].join(', ')}.`
  throw failure('PROJECT_INVALID', {
    reason,
    next: [{ command: 'again', options: { config: 'PATH' }, why: 'To name one' }],
  })
}

function isTs(path: string): boolean {
  return /\.[cm]?ts$/.test(path)
}

interface Settings {
  readonly preferTs?: boolean
  readonly configPaths?: readonly string[]
}

function readSettings(folder: string): Settings {
  const path = join(folder, 'package.json')
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'))['mikro-orm'] ?? {}
  const above = dirname(folder)
  return above === folder ? {} : readSettings(above)
}
