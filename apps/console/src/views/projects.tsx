import type { TargetedSubmitEvent } from 'preact'
import { useState } from 'preact/hooks'
import type { Project } from '../api/types.ts'
import { Choice, Field, Line } from '../parts/field.tsx'
import { Moment } from '../parts/moment.tsx'
import { ListState, Refused } from '../parts/states.tsx'
import { Title } from '../parts/title.tsx'
import { go, printRoute } from '../route.ts'
import { useApi } from '../state/session.ts'
import { useAction } from '../state/use-action.ts'
import { usePages } from '../state/use-pages.ts'

export function ProjectsView() {
  const list = usePages<Project>('/projects', { limit: 50 })
  return (
    <>
      <Title text="Projects" />
      <div class="columns">
        <section aria-label="Projects">
          <ListState
            list={list}
            what="projects"
            empty="There is no project yet. Create the first one."
          >
            {(projects) => (
              <ul class="rows">
                {projects.map((project) => (
                  <li key={project.id}>
                    <a class="name" href={printRoute(['projects', project.id])}>
                      {project.name}
                    </a>
                    {project.description && <p class="about">{project.description}</p>}
                    <p class="fine">
                      Created <Moment at={project.created_at} />
                    </p>
                  </li>
                ))}
              </ul>
            )}
          </ListState>
        </section>
        <NewProject />
      </div>
    </>
  )
}

/** The templates that the pipeline has. */
const TEMPLATES = [
  ['technical_facts', 'Technical facts'],
  ['compliance', 'Compliance: certifications'],
] as const

function NewProject() {
  const api = useApi()
  const { run, isBusy, refusal } = useAction()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [template, setTemplate] = useState<string>(TEMPLATES[0][0])
  const create = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    run(async () => {
      const asked = { name, template, ...(description && { description }) }
      const { id } = await api.post<Project>('/projects', asked)
      go(printRoute(['projects', id]))
    })
  }
  return (
    <form class="panel" onSubmit={create} aria-labelledby="new-project">
      <h2 id="new-project">New project</h2>
      <Refused refusal={refusal} />
      <Line id="name" label="Name" isRequired value={name} onInput={setName} />
      <Line
        id="description"
        label="Description (optional)"
        value={description}
        onInput={setDescription}
      />
      <Field id="template" label="Template" hint="It says what a fact looks like.">
        <Choice id="template" value={template} options={TEMPLATES} onChange={setTemplate} />
      </Field>
      <button type="submit" class="main" disabled={isBusy}>
        Create project
      </button>
    </form>
  )
}
