import type { RefObject, TargetedSubmitEvent } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { openApi } from '../api/client.ts'
import { toRefusal } from '../api/refusal.ts'
import { Field } from '../parts/field.tsx'
import { Refused } from '../parts/states.tsx'
import { useAction } from '../state/use-action.ts'

/** Asks for a key, and whether it is one. */
export function SignIn(props: {
  readonly wasRefused: boolean
  readonly onKey: (key: string) => void
}) {
  const { run, isBusy, refusal } = useAction()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    document.title = 'Sign in · TechFacts'
    input.current?.focus()
  }, [])
  const signIn = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const key = input.current?.value.trim() ?? ''
    run(async () => {
      await demandKey(key)
      props.onKey(key)
    })
  }
  return (
    <main class="sign-in">
      <form onSubmit={signIn}>
        <h1>TechFacts</h1>
        <p>The console of the pipeline: documents go in, facts come out.</p>
        <Refused refusal={refusal} />
        {props.wasRefused && !refusal && (
          <p class="notice bad" role="alert">
            The key is no longer one of this service. Sign in again.
          </p>
        )}
        <Key input={input} />
        <button type="submit" class="main" disabled={isBusy}>
          Sign in
        </button>
      </form>
    </main>
  )
}

function Key({ input }: { readonly input: RefObject<HTMLInputElement | null> }) {
  return (
    <Field
      id="key"
      label="API key"
      hint="It stays in the memory of this page. A reload asks for it again."
    >
      <input
        id="key"
        ref={input}
        type="password"
        autocomplete="off"
        required
        aria-describedby="key-hint"
      />
    </Field>
  )
}

/** A database that is not ready is no reason to stay out: the console says what is wrong with it. */
async function demandKey(key: string): Promise<void> {
  await openApi(key)
    .get('/projects', { limit: 1 })
    .catch((error: unknown) => {
      const refusal = toRefusal(error)
      if (refusal.code === 'no_answer' || !refusal.isPassing) throw refusal
    })
}
