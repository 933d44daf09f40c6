/** Runs the migrations of the second argument in the database of the first, and dies as soon as something is copied. */
import { run } from '../../run/index.ts'
import { databaseTarget } from '../../session/database-target.ts'
import { sqlProject, type SqlMigration } from '../../testing/sql-project.ts'

const [url = '', text = '{}'] = process.argv.slice(2)
const project = await sqlProject(JSON.parse(text) as Record<string, SqlMigration>)
const database = databaseTarget(url, {
  onEvent: ({ type }) => type === 'copied' && process.kill(process.pid, 'SIGKILL'),
})
await run(project, database, { direction: 'up', target: 'head' })
