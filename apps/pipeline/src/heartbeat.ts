import { startHeartbeat, type Heartbeat } from '@techfacts/db'
import { sql } from 'kysely'
import { applicationName, session, type Database } from './database.ts'
import type { Dependent } from './readiness.ts'

/** The same, with a heartbeat as long as it works: behind a pooler nothing else tells that this build needs its schema. */
export function withHeartbeat(database: Database, dependent: Dependent, log: Log): Dependent {
  let heartbeat: Heartbeat | undefined
  const query = (text: string) => sql.raw(text).execute(session(database))
  const onError = (error: unknown) =>
    log.warn({ err: error }, 'no heartbeat: a contract step may not wait for this instance')
  return {
    async start() {
      heartbeat = await startHeartbeat(query, { application: applicationName, onError })
      await dependent.start()
    },
    async stop() {
      await dependent.stop()
      await heartbeat?.stop()
      heartbeat = undefined
    },
  }
}

type Log = { warn(about: object, message: string): void }
