import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageFrom } from '../errors/message-from.ts'
import type { CodeSession } from '../migration.ts'
import { asAuthor } from '../session/author.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { inRolledBackTransaction, inTransaction } from '../session/transaction.ts'
import type { Fault, Step } from './report.ts'
import type { Stage } from './stage.ts'

/**
 * What a file `tests/<Migration>.ts` in the folder of the migrations may export. What it throws is a fault of the
 * migration.
 */
export interface DataTest {
  /** Puts rows in, before `up`. */
  before?(client: CodeSession): Promise<void>
  /** Expects something of the rows after `up`. What it changes is rolled back. */
  after?(client: CodeSession): Promise<void>
  /** The same after `down`. */
  back?(client: CodeSession): Promise<void>
}

/** Runs one part of the migration's own data test, where it has one. */
export async function runDataTest(
  { folder }: Pick<Stage, 'folder'>,
  database: DatabaseTarget,
  name: string,
  part: keyof DataTest,
): Promise<Fault[]> {
  const path = ENDINGS.map((ending) => join(folder, 'tests', `${name}${ending}`)).find(existsSync)
  if (path === undefined) return []
  try {
    const { [part]: test }: DataTest = await import(pathToFileURL(path).href)
    if (!test) return []
    const within = part === 'before' ? inTransaction : inRolledBackTransaction
    await withConnection(database, (client) =>
      within(client, () => asAuthor(client, () => test(toSession(client)))),
    )
    return []
  } catch (error) {
    return [
      {
        step: STEPS[part],
        cause: 'test',
        object: path,
        said: `its ${part}() passes`,
        happened: messageFrom(error),
        advice: 'Change the migration, or what its test expects.',
      },
    ]
  }
}

const ENDINGS = ['.ts', '.mts', '.js', '.mjs']

const STEPS: Readonly<Record<keyof DataTest, Step>> = { before: 'up', after: 'up', back: 'down' }

function toSession(client: {
  query(sql: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>
}): CodeSession {
  return { query: (sql, values) => client.query(sql, values && [...values]) }
}
