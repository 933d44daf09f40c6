import { useRef } from 'preact/hooks'
import { printRoute, useRoute, type Route } from './route.ts'
import { useLoad } from './state/use-load.ts'
import type { SchemaState } from './api/types.ts'
import { DocumentView } from './views/document.tsx'
import { JobView } from './views/job.tsx'
import { JobsView } from './views/jobs.tsx'
import { isTab, ProjectView } from './views/project.tsx'
import { ProjectsView } from './views/projects.tsx'
import { ReportView } from './views/report.tsx'
import { SchemaView } from './views/schema.tsx'
import { Title } from './parts/title.tsx'

/** What is around every view. */
export function Shell(props: { readonly isAnswered: boolean; readonly onSignOut: () => void }) {
  const { isAnswered, onSignOut } = props
  const route = useRoute()
  const main = useRef<HTMLElement>(null)
  // A link to `#main` would leave the view: the address after `#` says which view it is.
  const skip = () => main.current?.focus()
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to content
      </button>
      <header class="bar">
        <a class="brand" href={printRoute(['projects'])}>
          TechFacts
        </a>
        <nav aria-label="Main">
          {PLACES.map(([place, label]) => (
            <a
              key={place}
              href={printRoute([place])}
              aria-current={(route.path[0] ?? 'projects') === place ? 'page' : undefined}
            >
              {label}
            </a>
          ))}
        </nav>
        <Database isAnswered={isAnswered} />
        <button type="button" class="quiet" onClick={onSignOut}>
          Sign out
        </button>
      </header>
      <main ref={main} tabIndex={-1}>
        <View route={route} />
      </main>
    </>
  )
}

const PLACES = [
  ['projects', 'Projects'],
  ['jobs', 'Jobs'],
  ['schema', 'Schema'],
] as const

/** Whether the service answers and the database is right, wherever the operator is. */
function Database({ isAnswered }: { readonly isAnswered: boolean }) {
  const { data, refusal } = useLoad(
    'schema',
    (api, signal) => api.get<SchemaState>('/schema', {}, signal),
    30_000,
  )
  const isWrong = !isAnswered || refusal !== undefined || data?.gate.is_open === false
  const words = isWrong ? 'Database not ready' : 'Database ready'
  return (
    <p class={`database ${isWrong ? 'bad' : 'good'}`} role="status">
      {isAnswered ? (data ?? refusal) && words : 'Service does not answer'}
    </p>
  )
}

function View({ route }: { readonly route: Route }) {
  const [place = 'projects', id, part = 'documents', item] = route.path
  if (place === 'projects' && id && part === 'documents' && item) {
    return <DocumentView key={item} project={id} source={item} query={route.query} />
  }
  if (place === 'projects' && id && part === 'reports' && item) {
    return <ReportView key={item} project={id} report={item} />
  }
  if (place === 'projects' && id && isTab(part)) {
    return <ProjectView key={id} id={id} tab={part} query={route.query} />
  }
  if (place === 'projects' && !id) return <ProjectsView />
  if (place === 'jobs' && id) return <JobView key={id} id={id} />
  if (place === 'jobs') return <JobsView query={route.query} />
  if (place === 'schema') return <SchemaView />
  return (
    <>
      <Title text="Nothing is here" />
      <p>
        The address names no view of the console. <a href={printRoute(['projects'])}>Projects</a>
      </p>
    </>
  )
}
