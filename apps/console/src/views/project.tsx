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

export type Tab = (typeof TABS)[number][0]

export function isTab(name: string): name is Tab {
  return TABS.some(([tab]) => tab === name)
}

/** A project: its documents, the facts in them, and the jobs that have found them. */
export function ProjectView(props: {
  readonly id: string
  readonly tab: Tab
  readonly query: Readonly<Record<string, string>>
}) {
  const { id, tab, query } = props
  const { data, refusal } = useLoad(id, (api, signal) =>
    api.get<Project>(`/projects/${id}`, {}, signal),
  )
  return (
    <>
      <Title
        text={data?.name ?? 'Project'}
        parents={[{ text: 'Projects', href: printRoute(['projects']) }]}
      />
      <Refused refusal={refusal} />
      {!data && !refusal && <Loading what="the project" />}
      {data && <Tabs project={data} tab={tab} query={query} />}
    </>
  )
}

function Tabs(props: {
  readonly project: Project
  readonly tab: Tab
  readonly query: Readonly<Record<string, string>>
}) {
  const { project: data, tab, query } = props
  const { id } = data
  return (
    <>
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
