import { laterName } from '../plan/later-name.ts'
import { opened } from './stock-migrator.ts'

/**
 * Runs `create` so that the new file sorts after every other, whatever clocks their authors had: one that sorts before
 * an applied migration is refused.
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
