import type { ComponentChildren, TargetedSubmitEvent } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** A field for words, and what narrows the search beside it. What was looked for is in the address, so that it can be sent to somebody. */
export function SearchForm(props: {
  readonly label: string
  readonly placeholder: string
  readonly maxLength?: number
  /** What the address says. */
  readonly q: string | undefined
  readonly search: (words: string) => void
  readonly children?: (words: string) => ComponentChildren
}) {
  const { label, placeholder, maxLength, q = '', search, children } = props
  const [words, setWords] = useState(q)
  useEffect(() => setWords(q), [q])
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    search(words)
  }
  return (
    <form class="filters" role="search" onSubmit={submit}>
      <label for="q">{label}</label>
      <input
        id="q"
        type="search"
        placeholder={placeholder}
        maxLength={maxLength}
        value={words}
        onInput={({ currentTarget }) => setWords(currentTarget.value)}
      />
      {children?.(words)}
      <button type="submit">Search</button>
    </form>
  )
}
