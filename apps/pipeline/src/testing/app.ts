import { pino } from 'pino'
import { buildApp } from '../app.ts'
import { openDatabase } from '../database.ts'

/** The routes on a database that never answers, for tests that ask for nothing from it. */
export function appWithoutDatabase() {
  return buildApp({
    database: openDatabase('postgresql://nobody@127.0.0.1:1/nowhere'),
    queue: { enqueue: idle },
    readiness: () => ({ ready: true }),
    lookAgain: async () => ({ ready: true }),
    apiKeys: [],
    jobMaxAttempts: 1,
    log: pino({ level: 'silent' }),
  })
}

async function idle(): Promise<void> {}
