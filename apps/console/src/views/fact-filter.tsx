import { Choice } from '../parts/field.tsx'
import { SearchForm } from '../parts/search-form.tsx'
import { go, printRoute } from '../route.ts'
import { sayName } from '../text/words.ts'
import { useProfiles } from './extract.tsx'

const CONFIDENCES = [
  ['', 'Any confidence'],
  ['0.6', '60 % or more'],
  ['0.8', '80 % or more'],
  ['0.9', '90 % or more'],
] as const

/** What facts are looked for. */
export function FactFilter(props: {
  readonly project: string
  readonly query: Readonly<Record<string, string>>
}) {
  const { project, query } = props
  const { q, profile = '', min_confidence = '' } = query
  const look = (words: string, change: Record<string, string> = {}) =>
    go(printRoute(['projects', project, 'facts'], { q: words, profile, min_confidence, ...change }))
  return (
    <SearchForm
      label="Search the facts"
      placeholder={'Words, "a phrase", or -not'}
      q={q}
      search={look}
    >
      {(words) => (
        <Selects
          profile={profile}
          confidence={min_confidence}
          look={(change) => look(words, change)}
        />
      )}
    </SearchForm>
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
