import type { Dependencies } from '../dependencies.ts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { session } from '../database.ts'
import { openEventStream, type EventStream } from '../http/event-stream.ts'
import { Problem, problemResponses } from '../http/problems.ts'
import { id } from '../schemas/fields.ts'
import type { JobView } from '../schemas/job.ts'
import { watchJobs } from '../services/job-watch.ts'
import { readJob, readJobs } from '../services/jobs.ts'

/** Each is an open connection. */
const MOST_STREAMS = 200

const ENDED: ReadonlySet<JobView['status']> = new Set(['completed', 'failed', 'dead', 'cancelled'])

const events = {
  tags: ['jobs'],
  operationId: 'watchJob',
  summary: 'Watch a job until it ends',
  description:
    'Server-sent events. Each `job` has the job as GET /jobs/{job_id} returns it: the first at once, then one for each change. The stream ends with the job, and when the service stops.',
  params: z.strictObject({ job_id: id }),
  response: {
    200: {
      description: 'Events of the name `job`.',
      content: { 'text/event-stream': { schema: z.string() } },
    },
    ...problemResponses,
  },
}

export const jobEventRoutes: FastifyPluginAsyncZod<Dependencies> = async (app, dependencies) => {
  const { database, log } = dependencies
  const streams = new Map<EventStream, Promise<void>>()
  const watch = watchJobs(
    (ids) => readJobs(session(database), ids),
    (error) => log.warn({ err: error }, 'jobs cannot be watched'),
  )
  app.addHook('preClose', async () => {
    for (const one of streams.keys()) one.end()
    // The server closes the connections that are idle, and waits for others: these are to be idle by then.
    await Promise.all(streams.values())
    await watch.stop()
  })
  // A HEAD request would open a stream that nobody reads.
  const options = { schema: events, exposeHeadRoute: false }
  app.get('/jobs/:job_id/events', options, async ({ params }, reply) => {
    const job = (await readJob(session(database), params.job_id)).parse()
    if (streams.size >= MOST_STREAMS) throw new Problem('too_many_streams')
    if (reply.raw.destroyed) return reply.hijack() // the client has gone while the job was read
    const events = openEventStream()
    const unwatch = watch.watch(job, (now) => show(events, now))
    const closed = Promise.withResolvers<void>()
    streams.set(events, closed.promise)
    reply.raw.once('close', () => {
      unwatch()
      streams.delete(events)
      closed.resolve()
    })
    show(events, job)
    return reply
      .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      .type('text/event-stream')
      .send(events.stream as never)
  })
}

function show(events: EventStream, job: JobView | undefined): void {
  if (job) events.send('job', job)
  if (!job || ENDED.has(job.status)) events.end()
}
