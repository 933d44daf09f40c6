import { laterName } from '../plan/later-name.ts'
import { opened } from './stock-migrator.ts'

/**
 * Runs `create` so that the file that it writes comes after every other, whatever the clocks of those who wrote
 * them say: what comes before a migration that is applied is never applied.
 */
export async function namedLater<T>(migrator: object, create: () => Promise<T>): Promise<T> {
  const stock = opened(migrator)
  await stock.resolvePaths()
  const { options } = stock
  const { fileName } = options
  const newest = (await stock.discoverMigrations()).at(-1)?.name.replace(/\.(d\.)?[cm]?[jt]s$/, '')
  if (newest === undefined || fileName === undefined) return create()
  options.fileName = (timestamp, name) => {
    const own = fileName(timestamp, name)
    return own > newest ? own : laterName(own, newest, 1)
  }
  try {
    return await create()
  } finally {
    options.fileName = fileName
  }
}
