import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { recordCatalogs } from '../../scratch/record-catalogs.ts'
import { databaseTarget } from '../../session/database-target.ts'
import { sqlProject, type SqlMigration } from '../../testing/sql-project.ts'
import { verify } from '../index.ts'
import type { VerifyReport } from '../report.ts'

export type Chain = Readonly<Record<string, SqlMigration>>

/** The migrations of a folder, a file each: up, and after a line `-- down` the way back, where there is one. */
export async function readChain(folder: string): Promise<Chain> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).toSorted()
  const read = async (file: string): Promise<[string, SqlMigration]> => {
    const [up = '', down] = (await readFile(join(folder, file), 'utf8')).split(/^-- down$/m)
    const back = down === undefined ? { noWayBack: 'its project has none' } : { down }
    return [basename(file, '.sql'), { up, ...back }]
  }
  return Object.fromEntries(await Promise.all(files.map(read)))
}

/** Records what these migrations do on the server, and verifies the chosen ones. */
export async function verifyChain(
  url: string,
  chain: Chain,
  { which = '..', seed = 1, rowsPerTable = 5 } = {},
): Promise<VerifyReport> {
  const project = await sqlProject(chain)
  try {
    const lend = <T>(work: (server: ReturnType<typeof databaseTarget>) => Promise<T>) =>
      work(databaseTarget(url))
    const { stopped } = await recordCatalogs(project, lend)
    if (stopped) throw new Error(`${stopped.name} does not run: ${stopped.reason}`)
    const rows = { seed, rowsPerTable }
    return await verify(project, lend, { choice: { which }, rows })
  } finally {
    await project.drop()
  }
}
