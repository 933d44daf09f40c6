import { recordQueries } from '@techfacts/migrator/record'
import { createTestDatabase } from '@techfacts/postgres/testing'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import type { Job } from 'pg-boss'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { createRulesReader } from './extraction/rules-reader.ts'
import { jobWorks } from './jobs/job-works.ts'
import type { WorkOnOthers } from './take-others.ts'
import type { Delivery } from './delivery.ts'
import { createQueue, type Enqueue } from './queue.ts'
import { findEndedAttempts } from './services/job-attempts.ts'
import { appOn } from './testing/app.ts'
import { asApplication, head } from './testing/database.ts'
import { openInternet } from './testing/internet.ts'
import { TASK_BUDGET } from './threads/overrun.ts'
import { createThreads } from './threads/pool.ts'
import { createWorker } from './worker.ts'
import { API_KEY } from './testing/service.ts'

/** What is kept for `verify --previous`; `vitest run src/queries.db.test.ts -u` writes it. */
const FILE = fileURLToPath(new URL('queries.jsonl', import.meta.resolve('@techfacts/db')))
const log = pino({ level: 'silent' })

/** The service in this process. Only its own connections have the role of the application; the queue's have another one. */
async function openService(url: string) {
  const database = openDatabase(asApplication(url))
  const chunkLimits = { maxTokens: 100, overlapTokens: 10 }
  const internet = await openInternet((_, response) =>
    response.writeHead(200, { 'content-type': 'text/plain' }).end('Costs $5.'),
  )
  const threads = createThreads({ count: 1, budget: TASK_BUDGET })
  const settings = {
    database,
    threads,
    reader: createRulesReader(threads),
    chunkLimits,
    confidenceThreshold: 0.5,
    dispatcher: internet.dispatcher,
    fetchLimits: { timeoutSeconds: 5, delaySeconds: { min: 0, max: 0 }, perDay: 1 },
  }
  const enqueue: Enqueue = (session, job) => queue.enqueue(session, job)
  const works = jobWorks(settings)
  const worker = createWorker({ database, works, extraction: settings, enqueue, log })
  const { handlers } = worker
  const queue = createQueue({ url, concurrency: 0, handlers, log })
  await queue.start()
  const app = await appOn(database, { queue, apiKeys: [API_KEY], jobMaxAttempts: 2 })
  return {
    /** A worker asks so every two seconds; no job here need last as long. */
    watch: (jobId: string) => findEndedAttempts(database, [{ jobId, number: 1 }]),
    call: async (path: string, payload?: object, method: 'DELETE' | 'POST' | 'PUT' = 'POST') => {
      const request = { url: `/api/v1${path}`, headers: { 'x-api-key': API_KEY } }
      const answer = await app.inject(payload ? { ...request, method, payload } : request)
      expect(answer.statusCode).toBeLessThan(300)
      return answer.body === '' ? undefined : answer.json()
    },
    handle: async (queue: keyof typeof handlers, jobId: string, others: string[] = []) => {
      const { signal } = new AbortController()
      const [own, ...deliveries] = [jobId, ...others].map((job_id, n) => {
        return { id: String(n), data: { job_id }, retryCount: 0, signal } as Job<Delivery>
      })
      const workOnOthers: WorkOnOthers = async (_, work) => {
        expect(await work({ deliveries, end: async () => {} })).toEqual(new Map())
      }
      if (own) await handlers[queue](own, workOnOthers)
    },
    async stop() {
      await app.close()
      worker.attempts.close()
      await Promise.all([threads.close(), internet.close()])
      await queue.stop()
      await database.close()
    },
  }
}

/** Uses all that the service offers. */
async function useService({ call, handle, watch }: Awaited<ReturnType<typeof openService>>) {
  const { id } = await call('/projects', { name: 'one', template: 'technical_facts' })
  await call('/projects', { name: 'two' })
  const page = await call('/projects?limit=1')
  await call(`/projects?limit=1&after=${page.next}`)
  await call(`/projects/${id}`)
  const content = Array.from({ length: 300 }, (_, n) => `Plan ${n} costs $${n}.`).join('\n\n')
  const source = { uri: 'doc:1', source_group: 'docs', content }
  const { id: sourceId } = await call(`/projects/${id}/sources`, source)
  await call(`/projects/${id}/sources`, { ...source, content: `${content} More.` })
  await call(`/projects/${id}/sources?limit=1`)
  await call(`/projects/${id}/sources/${sourceId}`)
  await call('/profiles')
  const { job_id: job } = await call(`/projects/${id}/extract`, { profile: 'pricing' })
  await handle('extract', job)
  await watch(job)
  const again = await call(`/projects/${id}/extract`, {
    profile: 'pricing',
    source_ids: [sourceId],
  })
  await handle('extract', again.job_id)
  const asked = { ...source, uri: 'doc:2', content: 'The Pro plan costs $5.' }
  const { id: small } = await call(`/projects/${id}/sources`, asked)
  const jobs = await Promise.all(
    [small, sourceId].map((one) =>
      call(`/projects/${id}/extract`, { profile: 'general', source_ids: [one] }),
    ),
  )
  await handle('extract', jobs[0].job_id, [jobs[1].job_id])
  expect(await call(`/jobs/${jobs[0].job_id}`)).toMatchObject({ status: 'completed' })
  await call('/jobs?limit=1')
  await call(`/jobs?project_id=${id}&status=completed`)
  expect(await call(`/jobs/${job}`)).toMatchObject({ status: 'completed' })
  const found = await call(`/projects/${id}/extractions?limit=1`)
  await call(`/projects/${id}/extractions?limit=1&after=${found.next}`)
  await call(`/projects/${id}/extractions?min_confidence=0.6`)
  const { job_id: dead } = await call(`/projects/${id}/extract`, { profile: 'pricing' })
  await handle('extract-dead', dead)
  for (const type of ['fetch', 'report', 'legacy-import']) {
    const asked = type === 'fetch' ? { url: 'http://docs.test/', source_group: 'docs' } : {}
    const { job_id } = await call(`/projects/${id}/${type}`, asked)
    await handle('extract', job_id)
    expect(await call(`/jobs/${job_id}`)).toMatchObject({ status: 'completed' })
  }
  await call(`/jobs/${dead}/cancel`, {})
  await call(`/jobs/${dead}/retry`, {})
  await call(`/jobs/${dead}/cancel`, {})
  await useWhatWasFound(call, id)
  await changeAll(call, id)
}

type Call = Awaited<ReturnType<typeof openService>>['call']

async function useWhatWasFound(call: Call, id: string) {
  await call(`/projects/${id}/extractions?q=plan&type=x&group=docs&source_id=${id}`)
  const entities = await call(`/projects/${id}/entities?limit=1&type=price&group=docs`)
  await call(`/projects/${id}/entities?limit=1&after=${entities.next}`)
  await call(`/projects/${id}/entities?q=1`)
  await call(`/projects/${id}/entities/${entities.items[0].id}`)
  const reports = await call(`/projects/${id}/reports`)
  await call(`/projects/${id}/reports/${reports.items[0].id}`)
}

async function changeAll(call: Call, id: string) {
  const asked = { name: 'own', categories: ['a'], prompt_focus: 'b', depth: 'summary' }
  const { id: profile } = await call('/profiles', asked)
  await call(`/profiles/${profile}`)
  await call('/profiles?limit=1')
  await call(`/profiles/${profile}`, { ...asked, depth: 'detailed' }, 'PUT')
  await call(`/profiles/${profile}`, {}, 'DELETE')
  const { extraction_schema } = await call(`/projects/${id}`)
  await call(`/projects/${id}`, { name: 'one', extraction_schema, is_template: true }, 'PUT')
  await call('/projects?is_template=true')
  const { id: made } = await call('/projects', { name: 'three', template: 'one' })
  await call(`/projects/${made}`, { name: 'three', extraction_schema: { type: 'object' } }, 'PUT')
  await call(`/projects/${made}`, {}, 'DELETE')
}

test('the queries that the service sends are the recorded ones', async () => {
  await using server = await createTestDatabase({ prepare: head })
  const recording = recordQueries(Client, ({ user }) => user !== new URL(server.url).username)
  const service = await openService(server.url)
  await useService(service)
  await service.stop()
  recording.stop()
  const before = await readFile(FILE, 'utf8').catch(() => '')
  await expect(await recording.text(before)).toMatchFileSnapshot(FILE)
})
