import type { Api } from './client.ts'
import { Refusal } from './refusal.ts'
import type { Job } from './types.ts'

/** How long to wait before a stream that broke is opened again, by how often it has broken in a row. */
const BACK_OFF_MS = [500, 1000, 2000, 5000]

const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'dead', 'cancelled'])

export const isEnded = (job: Job): boolean => ENDED.has(job.status)

/**
 * Follows a job until it has ended. A stream that breaks is opened again: the first event of each says how the job is now.
 * `show` hears of each change, `miss` of each break and of its end.
 */
export async function followJob(
  api: Api,
  id: string,
  signal: AbortSignal,
  show: (job: Job) => void,
  miss: (error: unknown) => void,
): Promise<void> {
  for (let broken = 0; !signal.aborted; broken += 1) {
    try {
      for await (const job of readEvents<Job>(await api.stream(`/jobs/${id}/events`, signal))) {
        broken = 0
        show(job)
        if (isEnded(job)) return
      }
    } catch (error) {
      if (signal.aborted) return
      miss(error)
      if (error instanceof Refusal && error.code !== 'database_not_ready') throw error
    }
    await pause(BACK_OFF_MS[Math.min(broken, BACK_OFF_MS.length - 1)] ?? 0)
  }
}

/** The data of server-sent events, however the text is cut. Comments and other fields are left out. */
export async function* readEvents<Data>(stream: ReadableStream<string>): AsyncGenerator<Data> {
  const reader = stream.getReader()
  let rest = ''
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const blocks = (rest + read.value).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const data = block.split('\n').find((line) => line.startsWith('data: '))
        if (data) yield JSON.parse(data.slice('data: '.length)) as Data
      }
    }
  } finally {
    await reader.cancel().catch(() => {}) // who has seen enough does not let the service go on
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}
