import type { Job } from '../api/types.ts'
import { printRoute } from '../route.ts'
import { usePages } from '../state/use-pages.ts'
import type { Query } from '../text/query.ts'
import { sayDuration, sayName } from '../text/words.ts'
import { Badge } from './badge.tsx'
import { Moment } from './moment.tsx'
import { ListState } from './states.tsx'

/** Jobs, newest first. */
export function JobList(props: {
  readonly query: Query
  readonly projects?: ReadonlyMap<string, string>
}) {
  const list = usePages<Job>('/jobs', { limit: 50, ...props.query }, 4000)
  return (
    <section aria-label="Jobs">
      <ListState
        list={list}
        what="jobs"
        empty={props.query['status'] ? 'No job is in this state.' : 'There is no job yet.'}
      >
        {(jobs) => (
          <ul class="rows jobs">
            {jobs.map((job) => (
              <JobRow key={job.id} job={job} project={props.projects?.get(job.project_id ?? '')} />
            ))}
          </ul>
        )}
      </ListState>
    </section>
  )
}

function JobRow({ job, project }: { readonly job: Job; readonly project: string | undefined }) {
  const { done, total } = job.progress ?? { done: 0, total: 0 }
  return (
    <li>
      <p class="row-line">
        <a class="name" href={printRoute(['jobs', job.id])}>
          {sayJob(job)}
        </a>
        {project && <span class="about">{project}</span>}
        <Badge state={job.status} />
      </p>
      <p class="fine">
        <Moment at={job.created_at} />
        {total > 0 && ` · ${done} of ${total}`}
        {job.started_at &&
          job.completed_at &&
          ` · ${sayDuration(tookBetween(job.started_at, job.completed_at))}`}
        {job.attempt_count > 1 && ` · attempt ${job.attempt_count} of ${job.max_attempts}`}
      </p>
    </li>
  )
}

/** What a job does, with the profile where it has one. */
export function sayJob(job: Job): string {
  const { profile } = (job.payload ?? {}) as { profile?: unknown }
  const type = sayName(job.type)
  const name = `${type.charAt(0).toUpperCase()}${type.slice(1)}`
  return typeof profile === 'string' ? `${name}: ${sayName(profile)}` : name
}

function tookBetween(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from)
}
