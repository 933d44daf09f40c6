import type { Job } from '../api/types.ts'
import { printRoute } from '../route.ts'
import { sayCount, sayDuration, sayName } from '../text/words.ts'
import { Moment } from './moment.tsx'
import { Pair } from './pair.tsx'

/** What is known of a job besides its progress. */
export function JobAbout({ job }: { readonly job: Job }) {
  const { usage, unreadable, ...counts } = (job.result ?? {}) as Result
  const result = Object.entries({ ...counts, ...usage })
    .filter(isCount)
    .toSorted(byRank)
  return (
    <>
      {unreadable?.map(({ source_id: source, reason }) => (
        <p key={source} class="notice bad">
          <a href={printRoute(['projects', job.project_id ?? '', 'documents', source])}>
            A document
          </a>{' '}
          could not be read: {reason}
        </p>
      ))}
      <About job={job} result={result} />
    </>
  )
}

function About(props: {
  readonly job: Job
  readonly result: readonly (readonly [string, number])[]
}) {
  const { job, result } = props
  const { started_at: started, completed_at: completed } = job
  return (
    <dl class="about-list">
      {result.map(([name, value]) => (
        <Pair key={name} name={NAMES[name] ?? sayName(name)}>
          <strong>{sayCount(value)}</strong>
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

/** What the console calls what the API counts, what matters most first. */
const NAMES: Readonly<Record<string, string>> = {
  extractions: 'facts',
  sources: 'documents read',
  unchanged: 'documents unchanged',
  skipped: 'documents without text',
  rejected: 'facts rejected',
  cut: 'facts beyond the limit',
}

function byRank([a]: readonly [string, number], [b]: readonly [string, number]): number {
  const names = Object.keys(NAMES)
  const rank = (name: string) => (name in NAMES ? names.indexOf(name) : names.length)
  return rank(a) - rank(b)
}

/** The counts of a job, of which some are lists. */
type Result = Readonly<Record<string, unknown>> & {
  readonly usage?: object
  readonly unreadable?: readonly { readonly source_id: string; readonly reason: string }[]
}

function isCount(pair: [string, unknown]): pair is [string, number] {
  return typeof pair[1] === 'number'
}
