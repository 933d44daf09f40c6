import { pino } from 'pino'
import { buildApp } from '../app.ts'
import { openDatabase, type Database } from '../database.ts'
import type { Dependencies } from '../dependencies.ts'

/** The routes on a database, with a queue that takes everything and delivers nothing. */
export function appOn(database: Database, own: Partial<Dependencies> = {}) {
  return buildApp({
    database,
    queue: { enqueue: idle },
    readiness: () => ({ ready: true }),
    lookAgain: async () => ({ ready: true }),
    apiKeys: [],
    jobMaxAttempts: 1,
    log: pino({ level: 'silent' }),
    ...own,
  })
}

/** The routes on a database that never answers, for tests that ask for nothing from it. */
export function appWithoutDatabase(own: Partial<Dependencies> = {}) {
  return appOn(openDatabase('postgresql://nobody@127.0.0.1:1/nowhere'), own)
}

async function idle(): Promise<void> {}
