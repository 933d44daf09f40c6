import { setTimeout as sleep } from 'node:timers/promises'
import { readGate } from '@techfacts/db'
import { sql } from 'kysely'
import { isDatabaseOutage, session, type Database } from './database.ts'

/** Whether the database is the one that this build was made for, and if not, why and what to do. */
export type Readiness =
  /** `note`: what is not as this build was made for, and does no harm. */
  | { readonly ready: true; readonly note?: string }
  | { readonly ready: false; readonly reason: string }

/** What is there while the database is right: the queue and the workers on it. `stop` never fails. */
export type Dependent = { start(): Promise<void>; stop(): Promise<void> }

/**
 * Watches the database for the life of the process. As soon as it is right, `dependent` is started
 * and `current()` is ready; when it is gone or has become another one, `dependent` is stopped. Nothing
 * is ever made or changed in the database here.
 */
export function watchReadiness(database: Database, dependent: Dependent, log: Log) {
  const stopped = new AbortController()
  let current: Readiness = { ready: false, reason: 'The database has not been looked at yet.' }

  const say = (next: Readiness) => {
    if (next.ready) log.info(next.note ? { note: next.note } : {}, 'ready')
    else if (current.ready || current.reason !== next.reason) log.warn(next, 'not ready')
    current = next
  }
  let stopping: Promise<void> | undefined
  const look = oneAtATime(async () => {
    await stopping
    const seen = await readReadiness(database)
    const wasReady = current.ready
    if (seen.ready && !wasReady) say(await startDependent(dependent, seen))
    if (seen.ready && current.ready && seen.note !== current.note) say(seen)
    if (!seen.ready) say(seen) // first, since stopping takes a while
    if (!seen.ready && wasReady) stopping = dependent.stop()
  })
  const watch = async () => {
    while (!stopped.signal.aborted) {
      await look()
      await sleep(current.ready ? 5000 : 1000, undefined, { signal: stopped.signal }).catch(
        () => {},
      )
    }
    await look.idle()
    await stopping
    if (current.ready) await dependent.stop()
  }
  const watching = watch()
  const now = (): Readiness => current
  return {
    current: now,
    /** Looks at once: for whoever has met what should not be there. */
    lookAgain: () => look().then(now),
    async stop(): Promise<void> {
      stopped.abort()
      await watching
    },
  }
}

/** One run of `work` at a time; who asks during one shares the next, which sees what has happened until then. */
function oneAtATime(work: () => Promise<void>) {
  let running = Promise.resolve()
  let next: Promise<void> | undefined
  const runNext = async () => {
    await running
    next = undefined
    running = work()
    await running
  }
  const ask = () => (next ??= runNext())
  return Object.assign(ask, { idle: async () => next ?? running })
}

async function startDependent(dependent: Dependent, seen: Readiness): Promise<Readiness> {
  try {
    await dependent.start()
    return seen
  } catch (error) {
    await dependent.stop()
    return { ready: false, reason: `The job queue cannot be used. ${explain(error)}` }
  }
}

async function readReadiness(database: Database): Promise<Readiness> {
  try {
    const gate = await inTime(
      readGate(async (query) => (await sql.raw(query).execute(session(database))).rows),
    )
    if (!gate.isOpen) return { ready: false, reason: gate.reason }
    return { ready: true, ...(gate.reason !== '' && { note: gate.reason }) }
  } catch (error) {
    return { ready: false, reason: explain(error) }
  }
}

/** A database that is frozen keeps its connections open and says nothing. @throws when it takes too long */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const timer = new AbortController()
  const late = sleep(LONGEST_LOOK, undefined, { signal: timer.signal }).then(() => {
    throw new SilentDatabaseError(`It has said nothing for ${LONGEST_LOOK / 1000} seconds`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    timer.abort()
    late.catch(() => {})
    work.catch(() => {})
  }
}

const LONGEST_LOOK = 5000

class SilentDatabaseError extends Error {}

function explain(error: unknown): string {
  const message = `${findMessage(error)}.`
  if (findCode(error) === '42501') return `${message} Run: migrate grant <role>.`
  if (findCode(error) === '3D000') return `${message} Create it, then run the migrate step.`
  if (isDatabaseOutage(error) || error instanceof SilentDatabaseError)
    return `The database does not answer: ${message}`
  return `The database cannot be used: ${message}`
}

function findCode(error: unknown): string | undefined {
  return (error as { code?: string }).code
}

/** MikroORM puts the statement in front of the server's message; the last line of it is the message. */
function findMessage(error: unknown): string {
  const [message = ''] = (
    error instanceof Error ? error.message || (findCode(error) ?? '') : String(error)
  )
    .split('\n')
    .slice(-1)
  return message.replace(/\.$/, '')
}

type Log = {
  info(about: object, message: string): void
  warn(about: object, message: string): void
}
