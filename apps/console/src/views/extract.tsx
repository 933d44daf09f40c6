import type { TargetedSubmitEvent } from 'preact'
import { useState } from 'preact/hooks'
import type { Page, Profile } from '../api/types.ts'
import { Choice, Field } from '../parts/field.tsx'
import { Refused } from '../parts/states.tsx'
import { useJobStart } from '../state/use-job-start.ts'
import { useLoad } from '../state/use-load.ts'
import { sayMany, sayName } from '../text/words.ts'

/** Starts an extraction, and goes to its job. */
export function Extract(props: { readonly project: string; readonly chosen: ReadonlySet<string> }) {
  const { project, chosen } = props
  const profiles = useProfiles()
  const { start, isBusy, refusal } = useJobStart(project, 'extract')
  const [asked, setAsked] = useState('')
  const usual = profiles.data?.find(({ name }) => name === 'technical_specs') ?? profiles.data?.[0]
  const profile = asked || (usual?.name ?? '')
  const extract = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    start({ profile, ...(chosen.size > 0 && { source_ids: [...chosen] }) })
  }
  const what = chosen.size === 0 ? 'all documents' : sayMany(chosen.size, 'chosen document')
  const options = profiles.data?.map(({ name }) => [name, sayName(name)] as const) ?? []
  const { categories = [] } = profiles.data?.find(({ name }) => name === profile) ?? {}
  return (
    <form class="panel" onSubmit={extract} aria-labelledby="extract">
      <h2 id="extract">Extract facts</h2>
      <Refused refusal={refusal ?? profiles.refusal} />
      <Field
        id="profile"
        label="Profile"
        hint={categories.flatMap((one) => (one === null ? [] : [sayName(one)])).join(', ')}
      >
        <Choice id="profile" value={profile} options={options} onChange={setAsked} />
      </Field>
      <button type="submit" class="main" disabled={isBusy || profile === ''}>
        Extract from {what}
      </button>
    </form>
  )
}

export function useProfiles() {
  return useLoad('profiles', async (api, signal) => {
    const { items } = await api.get<Page<Profile>>('/profiles', { limit: 200 }, signal)
    return items
  })
}
