import { fileURLToPath } from 'node:url'
import { databaseTarget, grantApplicationRole, run } from '@techfacts/migrator'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'
import { Client, type QueryResultRow } from 'pg'

const project = mikroOrmProject(
  fileURLToPath(import.meta.resolve('@techfacts/db/mikro-orm.config')),
)
const ROLE = 'techfacts_pipeline_test'
const PASSWORD = 'a-password-for-tests'

/** Brings a database to head, seeds it, and gives the service's role its rights. */
export async function head(url: string): Promise<void> {
  await run(project, databaseTarget(url), { direction: 'up', target: 'head', seed: 'if-changed' })
  await grantApplicationRole(databaseTarget(url), ROLE, PASSWORD)
}

/** Takes a database back to a migration, which stays applied. */
export async function downTo(url: string, target: string): Promise<void> {
  await run(project, databaseTarget(url), { direction: 'down', target })
}

/** The URL by which the service connects: as a role that has DML and nothing more. */
export function asApplication(url: string): string {
  const own = new URL(url)
  own.username = ROLE
  own.password = PASSWORD
  return own.href
}

/** Runs one query on a connection of its own. */
export async function query<Row extends QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}
