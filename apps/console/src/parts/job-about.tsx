import type { Job } from '../api/types.ts'
import { printRoute } from '../route.ts'
import { sayCount, sayDuration, sayName } from '../text/words.ts'
import { Moment } from './moment.tsx'
import { Pair } from './pair.tsx'

/** What is known of a job besides its progress. */
export function JobAbout({ job }: { readonly job: Job }) {
  const { started_at: started, completed_at: completed } = job
  const result = Object.entries((job.result ?? {}) as Record<string, unknown>)
  return (
    <dl class="about-list">
      {result.map(([name, value]) => (
        <Pair key={name} name={NAMES[name] ?? sayName(name)}>
          <strong>{typeof value === 'number' ? sayCount(value) : JSON.stringify(value)}</strong>
        </Pair>
      ))}
      <Pair name="attempt">
        {job.attempt_count} of {job.max_attempts}
      </Pair>
      <Pair name="created">
        <Moment at={job.created_at} />
      </Pair>
      {started && (
        <Pair name="started">
          <Moment at={started} />
        </Pair>
      )}
      {started && completed && (
        <Pair name="took">{sayDuration(Date.parse(completed) - Date.parse(started))}</Pair>
      )}
      {job.project_id && (
        <Pair name="project">
          <a href={printRoute(['projects', job.project_id])}>Open the project</a>
        </Pair>
      )}
      <Pair name="id" isWide>
        <code>{job.id}</code>
      </Pair>
    </dl>
  )
}

/** What the console calls what the API counts. */
const NAMES: Readonly<Record<string, string>> = { sources: 'documents', extractions: 'facts' }
