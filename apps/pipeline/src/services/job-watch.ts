import { setTimeout as sleep } from 'node:timers/promises'
import type { JobView } from '../schemas/job.ts'

/** Hears of each change of a job; `undefined` where it is no longer there. */
export type Watcher = (job: JobView | undefined) => void

/**
 * Watches jobs for any number of watchers with one query at a time. `read` returns the jobs of these ids. While nobody
 * watches nothing is asked.
 */
export function watchJobs(
  read: (ids: string[]) => Promise<readonly JobView[]>,
  onError: (error: unknown) => void,
  interval = 500,
) {
  const watched: Watched = new Map()
  const stopped = new AbortController()
  let looking: Promise<void> | undefined

  const look = async () => {
    while (watched.size > 0 && !stopped.signal.aborted) {
      const ids = [...watched.keys()]
      await read(ids).then((jobs) => tell(watched, ids, jobs), onError)
      await sleep(interval, undefined, { signal: stopped.signal }).catch(() => {})
    }
    looking = undefined
  }
  return {
    /** Tells a watcher, who knows the job as it is here, of each change from now on. Returns what ends that. */
    watch(job: JobView, watcher: Watcher): () => void {
      const watchers = watched.get(job.id) ?? new Map<Watcher, string>()
      watchers.set(watcher, JSON.stringify(job))
      watched.set(job.id, watchers)
      looking ??= look()
      return () => {
        watchers.delete(watcher)
        if (watchers.size === 0 && watched.get(job.id) === watchers) watched.delete(job.id)
      }
    },
    /** Ends the watching; waits for the query that is under way. */
    async stop(): Promise<void> {
      stopped.abort()
      watched.clear()
      await looking
    },
  }
}

/** By id of the job: its watchers, and what each knows. */
type Watched = Map<string, Map<Watcher, string>>

function tell(watched: Watched, ids: string[], jobs: readonly JobView[]): void {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  for (const id of ids) {
    const [watchers, job] = [watched.get(id) ?? [], byId.get(id)]
    const now = JSON.stringify(job ?? null)
    for (const [watcher, known] of watchers) {
      if (known === now) continue
      watched.get(id)?.set(watcher, now)
      watcher(job)
    }
  }
}
