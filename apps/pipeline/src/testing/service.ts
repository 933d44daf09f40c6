import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'

export const API_KEY = 'a-key-that-only-tests-use'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** The program as it runs in production, in a process of its own. */
export async function startProgram(url: string, variables: Record<string, string> = {}) {
  const port = await freePort()
  const child = spawn(process.execPath, [MAIN], {
    env: { DATABASE_URL: url, API_KEY, PORT: String(port), ...variables },
    // With a channel: it stops when the test run dies.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const exit = once(child, 'exit')
  const base = `http://127.0.0.1:${port}`
  const isDecided = async () => child.exitCode !== null || isUp(`${base}/healthz`)
  await until(isDecided, 60_000).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  return {
    base,
    call: client(base),
    output: () => output,
    async stop(how: NodeJS.Signals | 'disconnect' = 'SIGTERM'): Promise<number | null> {
      if (how !== 'disconnect') child.kill(how)
      else if (child.connected) child.disconnect()
      const [code] = (await exit) as [number | null]
      return code
    },
  }
}
export type Program = Awaited<ReturnType<typeof startProgram>>

/** Waits until the service takes jobs. */
export async function untilReady({ base }: Program): Promise<void> {
  await until(async () => (await fetch(`${base}/readyz`)).ok, 60_000)
}

export type Answer = {
  readonly status: number
  readonly type: string | null
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it expects to be there
  readonly body: any
}

/** Sends one request with the key; a body makes it a POST. */
function client(base: string) {
  return async (path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${base}/api/v1${path}`, {
      headers: {
        'x-api-key': API_KEY,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    })
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: await response.json(),
    }
  }
}
export type Call = ReturnType<typeof client>

/** A project with one source for each document. */
export async function createProject(call: Call, name: string, documents: readonly string[]) {
  const project = await call('/projects', { name })
  const sources: string[] = []
  for (const [index, content] of documents.entries()) {
    const source = { uri: `doc:${index}`, source_group: 'docs', content }
    sources.push((await call(`/projects/${project.body.id}/sources`, source)).body.id as string)
  }
  return { id: project.body.id as string, sources }
}

/** Waits until a job has ended, and returns it. */
export async function finished(call: Call, jobId: string, milliseconds = 60_000) {
  let answer = await call(`/jobs/${jobId}`)
  await until(async () => {
    answer = await call(`/jobs/${jobId}`)
    return ['completed', 'failed', 'dead', 'cancelled'].includes(answer.body.status)
  }, milliseconds)
  return answer.body
}

/** Every item of a list, page by page. */
export async function everyItem(call: Call, path: string, limit = 200) {
  const items = []
  let after = ''
  do {
    const { body } = await call(`${path}?limit=${limit}${after && `&after=${after}`}`)
    items.push(...body.items)
    after = body.next
  } while (after)
  return items
}

/** Waits until `holds`; a refused connection counts as no. */
export async function until(holds: () => Promise<boolean>, milliseconds = 60_000): Promise<void> {
  const end = Date.now() + milliseconds
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Not within ${milliseconds} ms: ${String(holds)}`)
    await sleep(50)
  }
}

async function isUp(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
