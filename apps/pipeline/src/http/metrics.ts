import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Dependencies } from '../dependencies.ts'
import { session, type Database } from '../database.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What its requests are counted under, where many routes are one: the files of a page. */
    metricsRoute?: string
  }
}

/** Counts the requests of all routes of `app` under one name: files, whose names change with each build. */
export function countRoutesAs(app: FastifyInstance, name: string): void {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, metricsRoute: name }
  })
}

/** How long the counts of rows are kept: whoever asks more often asks the database no more often. */
const KEPT_MS = 5000

/** What a database that is frozen does not count by then is left out: that is when the other metrics are needed. */
const LONGEST_MS = 2000

/**
 * Serves /metrics, without a key like the other routes for operators. Every label has few values: a route is the pattern of
 * one of the service's, never a path that was sent, nor the name of a file, which changes with each build.
 */
export function serveMetrics(
  app: FastifyInstance,
  { database, readiness }: Pick<Dependencies, 'database' | 'readiness'>,
): void {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry }) // with the delay of the event loop
  countRequests(app, registry)
  measurePool(registry, database)
  countRows(registry, () => readiness().ready, database)
  const quiet = { config: { isUnlimited: true }, logLevel: 'warn' } as const
  app.get('/metrics', { ...quiet, schema: { hide: true } }, async (_, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
}

function countRequests(app: FastifyInstance, registry: Registry): void {
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Requests by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  })
  app.addHook('onResponse', async (request, reply) => {
    const labels = {
      method: request.method,
      route: routeOf(request),
      status: reply.statusCode,
    }
    requests.observe(labels, reply.elapsedTime / 1000)
  })
}

function routeOf({ routeOptions: { config, url } }: FastifyRequest): string {
  return config.metricsRoute ?? url ?? 'none'
}

function measurePool(registry: Registry, database: Database): void {
  const connections = new Gauge({
    name: 'techfacts_database_connections',
    help: 'Connections of the pool, and who waits for one.',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const pool = await database.em.getConnection().getNativeClient()
      this.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount)
    },
  })
  connections.reset()
}

/** Jobs and deliveries. Without a database that is right they are left out, not zero. */
function countRows(registry: Registry, isReady: () => boolean, database: Database): void {
  const read = keepFor(KEPT_MS, () => readCounts(database))
  const gauge = (name: keyof Counts, help: string, label: string) =>
    new Gauge({
      name: `techfacts_${name}`,
      help,
      labelNames: [label],
      registers: [registry],
      async collect() {
        this.reset()
        if (!isReady()) return
        const late = sleep(LONGEST_MS, undefined, { ref: false })
        const counts = await Promise.race([read().catch(() => undefined), late])
        for (const { label: value, count } of counts?.[name] ?? [])
          this.set({ [label]: value }, count)
      },
    })
  gauge('jobs', 'Jobs by status.', 'status')
  gauge('queue_depth', 'Deliveries that wait for a worker, by queue.', 'queue')
}

type Count = { readonly label: string; readonly count: number }
type Counts = { readonly jobs: readonly Count[]; readonly queue_depth: readonly Count[] }

async function readCounts(database: Database): Promise<Counts> {
  const count = sql<number>`count(*)::int`.as('count')
  const jobs = await session(database)
    .selectFrom('jobs')
    .select(['status as label', count])
    .groupBy('status')
    .execute()
  // pg-boss's tables are no entities of ours.
  const waiting = await sql<Count>`
    select name as label, count(*)::int as count from pgboss.job where state < 'active' group by name`.execute(
    session(database),
  )
  return { jobs, queue_depth: waiting.rows }
}

function keepFor<Value>(milliseconds: number, read: () => Promise<Value>): () => Promise<Value> {
  let kept: { readonly value: Promise<Value>; readonly until: number } | undefined
  return () => {
    const now = performance.now()
    if (!kept || kept.until < now) kept = { value: read(), until: now + milliseconds }
    return kept.value
  }
}
