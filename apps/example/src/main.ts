import { MikroORM } from '@mikro-orm/postgresql'
import { ormOptions } from '@techfacts/db'

import { databaseUrl } from './env.ts'
import { readSummaries } from './summaries.ts'

if (databaseUrl === undefined) {
  console.error('DATABASE_URL is not set. Set it to postgres://user:password@host:5432/database')
  process.exit(2)
}
const orm = await MikroORM.init(ormOptions(databaseUrl))
try {
  for (const { name, extractions } of await readSummaries(orm.em.fork())) {
    console.log(`${name}\t${extractions}`)
  }
} catch (error) {
  console.error(
    `The projects cannot be read: ${error instanceof Error ? error.message : String(error)}`,
  )
  process.exitCode = 1
} finally {
  await orm.close()
}
