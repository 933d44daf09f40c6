import { useEffect, useState } from 'preact/hooks'
import { followJob, isEnded } from '../api/events.ts'
import { toRefusal, type Refusal } from '../api/refusal.ts'
import type { Job } from '../api/types.ts'
import { Badge } from '../parts/badge.tsx'
import { JobAbout } from '../parts/job-about.tsx'
import { sayJob } from '../parts/job-list.tsx'
import { Loading, Refused } from '../parts/states.tsx'
import { Title } from '../parts/title.tsx'
import { printRoute } from '../route.ts'
import { useApi } from '../state/session.ts'
import { useAction } from '../state/use-action.ts'
import { sayMany, sayShare } from '../text/words.ts'

/** A job, as it goes on. */
export function JobView({ id }: { readonly id: string }) {
  const { job, refusal, follow } = useJob(id)
  return (
    <>
      <Title
        text={job ? sayJob(job) : 'Job'}
        parents={[{ text: 'Jobs', href: printRoute(['jobs']) }]}
      >
        {job && <Badge state={job.status} />}
      </Title>
      <Refused refusal={refusal} />
      {!job && !refusal && <Loading what="the job" />}
      {job && <Progress job={job} />}
      {job?.error && (
        <div class="notice bad">
          <p>{job.error}</p>
        </div>
      )}
      {job && <Steps job={job} onChanged={follow} />}
      {job && <JobAbout job={job} />}
    </>
  )
}

/** The job by its events; `follow` begins again once it goes on after its end. */
function useJob(id: string) {
  const api = useApi()
  const [turn, setTurn] = useState(0)
  const [job, setJob] = useState<Job>()
  const [refusal, setRefusal] = useState<Refusal>()
  useEffect(() => {
    const left = new AbortController()
    const show = (now: Job) => {
      setJob(now)
      setRefusal(undefined)
    }
    const miss = (error: unknown) => setRefusal(toRefusal(error))
    followJob(api, id, left.signal, show, miss).catch(miss)
    return () => left.abort()
  }, [api, id, turn])
  return { job, refusal, follow: () => setTurn((now) => now + 1) }
}

/** Said aloud as it changes. */
function Progress({ job }: { readonly job: Job }) {
  const { done, total } = job.progress ?? { done: 0, total: 0 }
  const share = total > 0 ? done / total : 0
  const unit = job.type === 'legacy-import' ? 'page' : 'document'
  const state = job.status.charAt(0).toUpperCase() + job.status.slice(1)
  const words = total > 0 ? `: ${done} of ${sayMany(total, unit)}, ${sayShare(share)}` : '.'
  return (
    <div class="job-progress">
      <progress aria-label="Progress" value={job.status === 'completed' ? 1 : share} max={1} />
      <p role="status">
        {state}
        {words}
      </p>
    </div>
  )
}

/** What may be done next, by how the job is. */
function Steps({ job, onChanged }: { readonly job: Job; readonly onChanged: () => void }) {
  const api = useApi()
  const { run, isBusy, refusal } = useAction()
  const send = (what: 'cancel' | 'retry') =>
    run(async () => {
      await api.post(`/jobs/${job.id}/${what}`)
      onChanged()
    })
  const canCancel = job.status === 'queued' || job.status === 'running'
  const canRetry = isEnded(job) && job.status !== 'completed'
  return (
    <>
      <Refused refusal={refusal} />
      <p class="steps">
        <Outcome job={job} />
        {canCancel && (
          <button type="button" disabled={isBusy} onClick={() => send('cancel')}>
            Cancel
          </button>
        )}
        {canRetry && (
          <button type="button" disabled={isBusy} onClick={() => send('retry')}>
            Try again
          </button>
        )}
      </p>
    </>
  )
}

/** Where that is what a completed job has made. */
function Outcome({ job }: { readonly job: Job }) {
  if (job.status !== 'completed' || job.project_id === null) return null
  const { report_id: report, source_id: source } = (job.result ?? {}) as Record<string, unknown>
  const [text, ...place] =
    typeof report === 'string'
      ? ['Show the report', 'reports', report]
      : typeof source === 'string'
        ? ['Show the document', 'documents', source]
        : ['Show the facts', 'facts']
  return (
    <a class="main" href={printRoute(['projects', job.project_id, ...place])}>
      {text}
    </a>
  )
}
