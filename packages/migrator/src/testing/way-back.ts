import type { RunRequest } from '../run/request.ts'
import { createTestDatabase, type TestDatabase } from '@techfacts/postgres/testing'
import { afterEach, beforeEach } from 'vitest'
import type { Project } from '../project/project.ts'
import type { RestoreResult, RunEvent } from '../events.ts'
import { databaseTarget } from '../session/database-target.ts'
import { run } from '../run/index.ts'
import { query } from './query.ts'
import { sqlProject, type SqlMigration } from './sql-project.ts'

/** What a run said. */
export interface Said {
  readonly losses: readonly string[]
  readonly returned: readonly RestoreResult[]
}

/** A database for each test, with ways to go up and down in it. */
export function useWayBack() {
  let database: TestDatabase
  const projects: { drop(): Promise<void> }[] = []

  beforeEach(async () => {
    database = await createTestDatabase()
  })

  afterEach(async () => {
    await Promise.all([database.drop(), ...projects.splice(0).map((project) => project.drop())])
  })

  const migrate = async (project: Project, request: RunRequest): Promise<Said> => {
    const events: RunEvent[] = []
    const connection = databaseTarget(database.url, { onEvent: (event) => events.push(event) })
    // Drift is tested where it is found: to read the whole schema takes longer than most of these runs.
    await run(project, connection, { drift: 'ignore', ...request })
    return {
      losses: events.flatMap((event) =>
        event.type === 'losses'
          ? event.losses.map(({ object, count, what }) => `${object}: ${count} ${what}`)
          : [],
      ),
      returned: events.flatMap((event) => (event.type === 'restored' ? event.returned : [])),
    }
  }

  return {
    url: () => database.url,
    sql: <Row extends Record<string, unknown>>(text: string) => query<Row>(database.url, text),
    /** A project, at its head. */
    async project(migrations: Readonly<Record<string, SqlMigration>>): Promise<Project> {
      const project = await sqlProject(migrations)
      projects.push(project)
      return project
    },
    up: (project: Project, target = 'head', request: Partial<RunRequest> = {}) =>
      migrate(project, { direction: 'up', target, ...request }),
    down: (project: Project, target: string, request: Partial<RunRequest> = {}) =>
      migrate(project, { direction: 'down', target, ...request }),
    /** Kind, table and rows of each entry of the archive. */
    async archived(): Promise<string[]> {
      const rows = await query<{ entry: string }>(
        database.url,
        `select concat(kind, ' ', nullif(schema, 'public') || '.', "table", ' ', rows) as entry
           from migrator_archive.entries order by 1`,
      )
      return rows.map(({ entry }) => entry)
    },
    /** As production is: nobody goes back there without a word. */
    async keepForGood(): Promise<void> {
      await query(
        database.url,
        `do $$ begin execute format('alter database %I set "migrator.disposable" = off', current_database()); end $$`,
      )
    },
  }
}
