import type pg from 'pg'
import { listArchive, purgeArchive } from '../archive/manage.ts'
import { failure } from '../errors/index.ts'
import { readState } from '../journal/state.ts'
import { openProject } from '../project/open.ts'
import type { Project } from '../project/project.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { RunResult } from './request.ts'
import { run } from './index.ts'

/** The way back, and the way up from there. */
export interface ResetResult {
  readonly reverted: RunResult
  readonly applied: RunResult
}

/**
 * Reverts everything, applies it again and seeds. Nothing comes back from the archive: its entries of this project
 * are purged in between. Throws NOT_DISPOSABLE before anything is changed, and what `run` throws.
 */
export async function reset(project: Project, database: DatabaseTarget): Promise<ResetResult> {
  const { manifest } = await openProject(project)
  await withConnection(database, async (client) => {
    const { isDisposable } = await readState(client, manifest.ledger)
    if (!isDisposable) throw failure('NOT_DISPOSABLE', { database: await databaseName(client) })
  })
  const lose = 'what cannot be kept'
  const reverted = await run(project, database, { direction: 'down', target: 'base', lose })
  const ids = (await listArchive(project, database)).map(({ id }) => id)
  if (ids.length > 0) await purgeArchive(project, database, { ids, yes: true })
  const applied = await run(project, database, {
    direction: 'up',
    target: 'head',
    seed: 'always',
  })
  return { reverted, applied }
}

/** As a statement writes it. */
async function databaseName(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>('select current_database() as name')
  return rows.map(({ name }) => quoteName(name)).join('')
}
