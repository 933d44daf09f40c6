import { useMemo, useState } from 'preact/hooks'
import { openApi } from './api/client.ts'
import { SignedIn } from './state/session.ts'
import { Shell } from './shell.tsx'
import { SignIn } from './views/sign-in.tsx'

/** The key is held here and nowhere else: a reload forgets it. */
export function App() {
  const [key, setKey] = useState('')
  const [wasRefused, setWasRefused] = useState(false)
  const [isAnswered, setIsAnswered] = useState(true)
  const api = useMemo(() => {
    const refuse = () => {
      setWasRefused(true)
      setKey('')
    }
    const listener = { onUnauthorized: refuse, onAnswered: setIsAnswered }
    return key === '' ? undefined : openApi(key, listener)
  }, [key])
  if (!api) return <SignIn wasRefused={wasRefused} onKey={setKey} />
  const signOut = () => {
    setWasRefused(false)
    setKey('')
  }
  return (
    <SignedIn.Provider value={api}>
      <Shell isAnswered={isAnswered} onSignOut={signOut} />
    </SignedIn.Provider>
  )
}
