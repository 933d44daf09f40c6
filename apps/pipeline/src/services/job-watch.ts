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
  const watched = new Map<string, Watched>()
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
    /** Tells a watcher of a job from now on, first of how it is. Returns what ends that. */
    watch(id: string, watcher: Watcher): () => void {
      const one = watched.get(id) ?? { watchers: new Set(), last: '' }
      one.last = '' // who is new has not heard of it
      one.watchers.add(watcher)
      watched.set(id, one)
      looking ??= look()
      return () => {
        one.watchers.delete(watcher)
        if (one.watchers.size === 0 && watched.get(id) === one) watched.delete(id)
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

type Watched = {
  readonly watchers: Set<Watcher>
  /** What they were told last. */
  last: string
}

function tell(watched: Map<string, Watched>, ids: string[], jobs: readonly JobView[]): void {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  for (const id of ids) {
    const [one, job] = [watched.get(id), byId.get(id)]
    const now = JSON.stringify(job ?? null)
    if (!one || one.last === now) continue
    one.last = now
    for (const watcher of one.watchers) watcher(job)
  }
}
