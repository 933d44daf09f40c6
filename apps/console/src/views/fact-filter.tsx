import type { TargetedSubmitEvent } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Choice } from '../parts/field.tsx'
import { go, printRoute } from '../route.ts'
import { sayName } from '../text/words.ts'
import { useProfiles } from './extract.tsx'

const CONFIDENCES = [
  ['', 'Any confidence'],
  ['0.6', '60 % or more'],
  ['0.8', '80 % or more'],
  ['0.9', '90 % or more'],
] as const

/** What facts are looked for: it is in the address, so that it can be sent to somebody. */
export function FactFilter(props: {
  readonly project: string
  readonly query: Readonly<Record<string, string>>
}) {
  const { project, query } = props
  const { q = '', profile = '', min_confidence = '' } = query
  const [words, setWords] = useState(q)
  useEffect(() => setWords(q), [q])
  const look = (change: Record<string, string>) =>
    go(printRoute(['projects', project, 'facts'], { q: words, profile, min_confidence, ...change }))
  const search = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    look({})
  }
  return (
    <form class="filters" role="search" onSubmit={search}>
      <label for="q">Search the facts</label>
      <input
        id="q"
        type="search"
        placeholder={'Words, "a phrase", or -not'}
        value={words}
        onInput={({ currentTarget }) => setWords(currentTarget.value)}
      />
      <Selects profile={profile} confidence={min_confidence} look={look} />
      <button type="submit">Search</button>
    </form>
  )
}

function Selects(props: {
  readonly profile: string
  readonly confidence: string
  readonly look: (change: Record<string, string>) => void
}) {
  const { profile, confidence, look } = props
  const profiles = useProfiles()
  const names = profiles.data?.map(({ name }) => [name, sayName(name)] as const) ?? []
  return (
    <>
      <label for="by-profile">Profile</label>
      <Choice
        id="by-profile"
        value={profile}
        options={[['', 'Any profile'], ...names]}
        onChange={(profile) => look({ profile })}
      />
      <label for="confidence">Confidence</label>
      <Choice
        id="confidence"
        value={confidence}
        options={CONFIDENCES}
        onChange={(least) => look({ min_confidence: least })}
      />
    </>
  )
}
