import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { HEARTBEAT, LIFE_SECONDS } from '../journal/names.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'

/** A few may be lost before an instance counts as gone. */
const EVERY_MS = (LIFE_SECONDS * 1000) / 4

/** Whose heartbeats they are, and who hears of one that failed. */
export interface HeartbeatOptions {
  /** What `applicationName` returns. */
  readonly application: string
  /** As an operator knows it; the name of the machine by default. */
  readonly host?: string
  /** Hears of a heartbeat that failed; the next one follows all the same. */
  readonly onError: (error: unknown) => void
}

/** The heartbeats of a running instance. */
export interface Heartbeat {
  /** Ends them, and says that the instance is gone. Never throws. */
  stop(): Promise<void>
}

/**
 * Says every 15 seconds that this instance runs, also where a pooler hides whose session it is: a contract step that it
 * does not survive waits for it. After 60 seconds without a heartbeat it no longer counts. `query` runs a query; its role
 * is one of `grantApplicationRole`. The first heartbeat is sent before this returns.
 * @example
 * const heartbeat = await startHeartbeat((sql) => client.query(sql), { application: applicationName('orders', manifest), onError: console.error })
 * process.once('SIGTERM', () => heartbeat.stop())
 */
export async function startHeartbeat(
  query: (sql: string) => Promise<unknown>,
  { application, host = hostname(), onError }: HeartbeatOptions,
): Promise<Heartbeat> {
  const id = randomUUID()
  const say = async (what: string) => {
    const values = [`'${id}'::pg_catalog.uuid`, `${what}::pg_catalog.text`, text(host)]
    await query(`select ${HEARTBEAT}(${values.join(', ')})`).catch(onError)
  }
  const beat = () => say(quoteLiteral(application))
  let last = beat()
  await last
  const timer = setInterval(() => {
    last = last.then(beat)
  }, EVERY_MS)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      // One that is under way would come after the end.
      await last
      await say('null')
    },
  }
}

function text(value: string): string {
  return `${quoteLiteral(value)}::pg_catalog.text`
}
