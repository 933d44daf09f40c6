import type { Project } from '../api/types.ts'
import { JobList } from '../parts/job-list.tsx'
import { Loading, Refused } from '../parts/states.tsx'
import { Title } from '../parts/title.tsx'
import { printRoute } from '../route.ts'
import { useLoad } from '../state/use-load.ts'
import { DeleteProject } from './delete-project.tsx'
import { DocumentsTab } from './documents.tsx'
import { EntitiesTab } from './entities.tsx'
import { FactsTab } from './facts.tsx'
import { ReportsTab } from './reports.tsx'

const TABS = [
  ['documents', 'Documents'],
  ['facts', 'Facts'],
  ['entities', 'Entities'],
  ['reports', 'Reports'],
  ['jobs', 'Jobs'],
] as const

/** A project: its documents, the facts in them, and the jobs that have found them. */
export function ProjectView(props: {
  readonly id: string
  readonly tab: string
  readonly query: Readonly<Record<string, string>>
}) {
  const { id, tab, query } = props
  const { data, refusal } = useLoad(id, (api, signal) =>
    api.get<Project>(`/projects/${id}`, {}, signal),
  )
  if (refusal) return <Refused refusal={refusal} />
  if (!data) return <Loading what="the project" />
  return (
    <>
      <Title text={data.name} parents={[{ text: 'Projects', href: printRoute(['projects']) }]} />
      {data.description && <p class="lead">{data.description}</p>}
      <nav class="tabs" aria-label="Project">
        {TABS.map(([name, label]) => (
          <a
            key={name}
            href={printRoute(['projects', id, name])}
            aria-current={tab === name ? 'page' : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      {tab === 'documents' && <DocumentsTab project={id} />}
      {tab === 'facts' && <FactsTab project={id} query={query} />}
      {tab === 'entities' && <EntitiesTab project={id} query={query} />}
      {tab === 'reports' && <ReportsTab project={id} />}
      {tab === 'jobs' && <JobList query={{ project_id: id }} />}
      {tab === 'documents' && <DeleteProject project={data} />}
    </>
  )
}
