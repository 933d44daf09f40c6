import { purgeArchive } from '../archive/manage.ts'
import { toIdentity } from '../catalog/index.ts'
import { MigratorError } from '../errors/index.ts'
import { fillTables } from '../rows/index.ts'
import { run } from '../run/index.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import type { Candidate, Stage } from './stage.ts'

/** Why tables have no rows, by their names. */
export type Unfilled = ReadonlyMap<string, string>

type Filling = Pick<Stage, 'project' | 'ledger' | 'rows'>

/** Puts rows into all tables but those to `leave`, by oid; returns those that stay without. */
export async function fillCopy(
  { rows: { seed, rowsPerTable }, ledger }: Filling,
  copy: DatabaseTarget,
  leave: ReadonlySet<string> = new Set(),
): Promise<Unfilled> {
  const filled = await withConnection(copy, (client) =>
    fillTables(client, { seed, rowsPerTable, ledger, leave }),
  )
  return new Map(
    filled.flatMap(({ table: { schema, name }, rows, unproved }) =>
      rows === 0 && unproved !== undefined ? [[toIdentity(schema, name), unproved]] : [],
    ),
  )
}

/**
 * The same once the migration has run, so that its constraints bind the rows; then it is reverted. Undefined where it does
 * not go both ways: why, is told where it runs without these rows.
 */
export async function fillAfter(
  filling: Filling,
  { migration, previous }: Candidate,
  copy: DatabaseTarget,
): Promise<Unfilled | undefined> {
  const { project } = filling
  const common = { yes: true, drift: 'ignore' } as const
  try {
    await run(project, copy, { direction: 'up', target: migration.name, ...common })
    const unfilled = await fillCopy(filling, copy)
    await run(project, copy, { direction: 'down', target: previous, ...common })
    await purgeArchive(project, copy, { ids: [], yes: true })
    return unfilled
  } catch (error) {
    if (error instanceof MigratorError) return undefined
    throw error
  }
}
