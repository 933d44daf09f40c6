import type { TargetedSubmitEvent } from 'preact'
import { useState } from 'preact/hooks'
import type { Report } from '../api/types.ts'
import { Line } from '../parts/field.tsx'
import { Moment } from '../parts/moment.tsx'
import { ListState, Refused } from '../parts/states.tsx'
import { printRoute } from '../route.ts'
import { useJobStart } from '../state/use-job-start.ts'
import { usePages } from '../state/use-pages.ts'

/** The reports of a project: read one, have another written. */
export function ReportsTab({ project }: { readonly project: string }) {
  const list = usePages<Report>(`/projects/${project}/reports`, { limit: 50 })
  return (
    <div class="columns">
      <section aria-label="Reports">
        <ListState list={list} what="reports" empty="There is no report yet. Write one.">
          {(reports) => (
            <ul class="rows">
              {reports.map((report) => (
                <li key={report.id}>
                  <a class="name" href={printRoute(['projects', project, 'reports', report.id])}>
                    {report.title ?? 'Report'}
                  </a>
                  <p class="fine">
                    <Moment at={report.created_at} />
                  </p>
                </li>
              ))}
            </ul>
          )}
        </ListState>
      </section>
      <NewReport project={project} />
    </div>
  )
}

function NewReport({ project }: { readonly project: string }) {
  const { start, isBusy, refusal } = useJobStart(project, 'report')
  const [title, setTitle] = useState('')
  const write = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    start(title === '' ? {} : { title })
  }
  return (
    <form class="panel" onSubmit={write} aria-labelledby="new-report">
      <h2 id="new-report">New report</h2>
      <p class="fine">It lists the facts of the project with their sources.</p>
      <Refused refusal={refusal} />
      <Line id="report-title" label="Title (optional)" value={title} onInput={setTitle} />
      <button type="submit" class="main" disabled={isBusy}>
        Write report
      </button>
    </form>
  )
}
