import { useState } from 'preact/hooks'
import type { Project } from '../api/types.ts'
import { Refused } from '../parts/states.tsx'
import { go, printRoute } from '../route.ts'
import { useApi } from '../state/session.ts'
import { useAction } from '../state/use-action.ts'

/** Asks once more: the console has no way back from it. */
export function DeleteProject({ project }: { readonly project: Project }) {
  const api = useApi()
  const { run, isBusy, refusal } = useAction()
  const [isAsked, setIsAsked] = useState(false)
  const remove = () =>
    run(async () => {
      await api.remove(`/projects/${project.id}`)
      go(printRoute(['projects']))
    })
  return (
    <section aria-label="Delete the project">
      <Refused refusal={refusal} />
      <p class="steps" role="status">
        {isAsked && <span>It is hidden, with its documents and facts. No row is removed.</span>}
      </p>
      <p class="steps">
        {isAsked ? (
          <>
            <button type="button" disabled={isBusy} onClick={remove}>
              Delete {project.name}
            </button>
            <button type="button" onClick={() => setIsAsked(false)}>
              Keep it
            </button>
          </>
        ) : (
          <button type="button" onClick={() => setIsAsked(true)}>
            Delete this project …
          </button>
        )}
      </p>
    </section>
  )
}
