import type { TargetedSubmitEvent } from 'preact'
import { useState } from 'preact/hooks'
import { Line } from '../parts/field.tsx'
import { Refused } from '../parts/states.tsx'
import { useJobStart } from '../state/use-job-start.ts'

/** Has the service fetch a document, and goes to the job that does. */
export function FetchDocument({ project }: { readonly project: string }) {
  const { start, isBusy, refusal } = useJobStart(project, 'fetch')
  const [url, setUrl] = useState('')
  const [group, setGroup] = useState('')
  const fetch = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    start({ url, source_group: group })
  }
  return (
    <form class="panel" onSubmit={fetch} aria-labelledby="fetch-document">
      <h2 id="fetch-document">Fetch a document</h2>
      <Refused refusal={refusal} />
      <Line
        id="url"
        label="URL"
        hint="Of a public page, a text or a PDF."
        isRequired
        value={url}
        onInput={setUrl}
      />
      <Line
        id="fetch-group"
        label="Group of the page"
        hint="What it is about: a product, a company."
        isRequired
        value={group}
        onInput={setGroup}
      />
      <button type="submit" disabled={isBusy}>
        Fetch
      </button>
    </form>
  )
}
