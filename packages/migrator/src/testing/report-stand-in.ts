import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ScratchProject } from './scratch-project.ts'

/**
 * Installs a package @techfacts/report in a scratch project that prints which tables it was to draw: the real one depends on this
 * package, and is tested beside its own sources and in apps/migrate.
 */
export async function installReport({ config }: ScratchProject): Promise<void> {
  const folder = join(dirname(config), 'node_modules/@techfacts/report')
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: '@techfacts/report', type: 'module', exports: './index.js' }),
  )
  await writeFile(join(folder, 'index.js'), SOURCE)
}

const SOURCE = `export default {
  async drawSchema({ format, catalog }) {
    const tables = catalog.objects.filter(({ kind }) => kind === 'table')
    return [format, ...tables.map(({ identity }) => identity), ''].join('\\n')
  },
}`
