import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { HEARTBEAT, LIFE_SECONDS } from '../journal/names.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'

/** A few may be lost before an instance counts as gone. */
const EVERY_MS = (LIFE_SECONDS * 1000) / 4

/** One that never gets an answer, on a dead connection, does not stop the next; many would take the whole pool. */
const MOST_UNDER_WAY = 3

/** For each of the last two queries of an instance that ends. */
const END_MS = 3000

/** Whose heartbeats they are, and who hears of one that failed. */
export interface HeartbeatOptions {
  /** What `applicationName` returns. */
  readonly application: string
  /** As an operator knows it; the name of the machine by default. */
  readonly host?: string
  /** Hears of a heartbeat that failed or gets no answer; the next one follows all the same. */
  readonly onError: (error: unknown) => void
}

/** The heartbeats of a running instance. */
export interface Heartbeat {
  /** Ends them, and says that the instance is gone: to be called when nothing of it uses the database any more. */
  stop(): Promise<void>
}

/**
 * Says every 15 seconds that this instance runs, also where a pooler hides whose session it is: a contract step that it
 * does not survive waits for it. After 60 seconds without a heartbeat it no longer counts. `query` runs a query; its role
 * is one of `grantApplicationRole`. The first heartbeat is sent before this returns.
 * @example
 * const heartbeat = await startHeartbeat((sql) => client.query(sql), { application: applicationName('orders', manifest), onError: console.error })
 * process.once('SIGTERM', async () => {
 *   await server.close()
 *   await heartbeat.stop()
 * })
 */
export async function startHeartbeat(
  query: (sql: string) => Promise<unknown>,
  { application, host = hostname(), onError }: HeartbeatOptions,
): Promise<Heartbeat> {
  const id = randomUUID()
  const underWay = new Set<Promise<void>>()
  const send = async (what: string) => {
    const values = [`'${id}'::pg_catalog.uuid`, `${what}::pg_catalog.text`, text(host)]
    try {
      await query(`select ${HEARTBEAT}(${values.join(', ')})`)
    } catch (error) {
      onError(error)
    }
  }
  const beat = async () => {
    if (underWay.size >= MOST_UNDER_WAY) {
      onError(new Error('Heartbeats get no answer: contract steps may not wait for this instance'))
      return
    }
    const sent = send(quoteLiteral(application))
    underWay.add(sent)
    await sent.finally(() => underWay.delete(sent))
  }
  await beat()
  const timer = setInterval(() => void beat(), EVERY_MS)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      // One that is under way would come after the end.
      await atMost(END_MS, Promise.all(underWay))
      await atMost(END_MS, send('null'))
    },
  }
}

/** Waits for `work`, and no longer than this: a service that ends does not wait for a database that does not answer. */
async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([work, tooLate])
  clearTimeout(timer)
}

function text(value: string): string {
  return `${quoteLiteral(value)}::pg_catalog.text`
}
