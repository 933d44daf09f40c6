/**
 * From a project to its report, with nothing but `fetch`:
 *   API_KEY=… node apps/pipeline/examples/pipeline/run.ts http://127.0.0.1:8000
 * `npx -y pnpm@12 start` prints the key and the address.
 */
import { readFile } from 'node:fs/promises'

const [address = 'http://127.0.0.1:8000'] = process.argv.slice(2)
// oxlint-disable-next-line node/no-process-env -- an example is a program of its own
const headers = { 'x-api-key': process.env['API_KEY'] ?? '', 'content-type': 'application/json' }

process.on('uncaughtException', ({ message, cause }) => {
  console.error(cause instanceof Error ? `${message}: ${cause.message}` : message)
  process.exit(1)
})

/** What is refused is RFC 9457 problem details: `detail` says why in words, `code` for programs. */
async function call(path: string, body?: unknown): Promise<Response> {
  const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`${address.replace(/\/$/, '')}/api/v1${path}`, { headers, ...post })
  if (response.ok) return response
  const { code, detail } = await read<{ code: string; detail: string }>(response)
  throw new Error(`${code}: ${detail}`)
}

async function read<Body>(response: Response): Promise<Body> {
  return (await response.json()) as Body
}

type Page<Item> = { items: Item[]; next: string | null }
type Fact = { quote: string | null; confidence: number | null; start: number; end: number }
type Job = {
  type: string
  status: string
  progress: { done: number; total: number } | null
  result: { report_id?: string } | null
  error: string | null
}

/** The events of a job say how far it is, and end with it. Only `completed` is a success. */
async function follow(id: string): Promise<Job> {
  const events = await call(`/jobs/${id}/events`)
  let rest = ''
  for await (const text of events.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const [, data = ''] of blocks.join('\n').matchAll(/^data: (.*)$/gm)) {
      const { type, status, progress }: Job = JSON.parse(data)
      console.log(`job ${type} ${status} ${progress?.done ?? 0}/${progress?.total ?? 0}`)
    }
  }
  const job = await read<Job>(await call(`/jobs/${id}`))
  if (job.status !== 'completed') throw new Error(job.error ?? `It is ${job.status}.`)
  return job
}

// 1. A project says what a fact looks like.
const asked = { name: `Meridian, ${crypto.randomUUID()}`, template: 'technical_facts' }
const project = await read<{ id: string }>(await call('/projects', asked))
console.log(`project ${project.id}`)

// 2. A source is a document in it. The same URI again replaces its text.
const content = await readFile(new URL('document.md', import.meta.url), 'utf8')
const document = { uri: 'file:document.md', source_group: 'Meridian', title: 'Meridian 4', content }
const source = await read<{ id: string }>(await call(`/projects/${project.id}/sources`, document))
console.log(`source ${source.id}`)

// 3. A job extracts the facts with a profile.
const profile = { profile: 'technical_specs' }
const extract = await call(`/projects/${project.id}/extract`, profile)
const { job_id: job } = await read<{ job_id: string }>(extract)

await follow(job)

// 4. Each fact has its quote, and where it stands in the source. `next` leads to the next page.
for (let after: string | null = ''; after !== null;) {
  const path: string = `/projects/${project.id}/extractions?limit=2&after=${after}`
  const page: Page<Fact> = await read(await call(path))
  for (const { quote, confidence, start, end } of page.items) {
    if (content.slice(start, end) !== quote) throw new Error(`It does not say: ${quote}`)
    console.log(`fact ${confidence} ${quote}`)
  }
  after = page.next
}

// 5. Another job writes a report of them. Its result names the report, which is Markdown.
const asking = await call(`/projects/${project.id}/report`, {
  title: 'Limits of Meridian',
  min_confidence: 0.7,
})
const { result } = await follow((await read<{ job_id: string }>(asking)).job_id)
const report = await call(`/projects/${project.id}/reports/${result?.report_id}/markdown`)
console.log(await report.text())
