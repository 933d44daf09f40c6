/**
 * A kit for tests that disturb a program at its work with PostgreSQL: it knows the protocol and processes,
 * and nothing of what the program does.
 */
export type { Message, Side } from './messages.ts'
export { type Moment, listMoments, oneOfEach, type Sent } from './moments.ts'
export { hasPgBouncer, startPgBouncer } from './pgbouncer.ts'
export { type Pooler, type PoolerOptions, startPooler } from './pooler.ts'
export { type Ended, killHard, type Started, startProgram } from './process.ts'
export { type Observer, type Proxy, startProxy, type Verdict } from './proxy.ts'
export { inParallel, randomFrom, sample } from './random.ts'
export { type Crashing, recordMessages, stopAt, type StopPoint, type Work } from './stop-point.ts'
