import type { Page, Project } from '../api/types.ts'
import { Choice } from '../parts/field.tsx'
import { JobList } from '../parts/job-list.tsx'
import { Title } from '../parts/title.tsx'
import { go, printRoute } from '../route.ts'
import { useLoad } from '../state/use-load.ts'

const STATUSES = [
  ['', 'All'],
  ['running', 'Running'],
  ['queued', 'Queued'],
  ['completed', 'Completed'],
  ['failed', 'Failed'],
  ['dead', 'Dead'],
  ['cancelled', 'Cancelled'],
] as const

/** The jobs of all projects. */
export function JobsView({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const { data } = useLoad('names', (api, signal) =>
    api.get<Page<Project>>('/projects', { limit: 200 }, signal),
  )
  const projects = new Map(data?.items.map(({ id, name }) => [id, name]))
  const { status } = query
  return (
    <>
      <Title text="Jobs">
        <div class="filter">
          <label for="status">Status</label>
          <Choice
            id="status"
            value={status ?? ''}
            options={STATUSES}
            onChange={(status) => go(printRoute(['jobs'], { status }))}
          />
        </div>
      </Title>
      <JobList query={{ status }} projects={projects} />
    </>
  )
}
