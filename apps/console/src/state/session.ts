import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Api } from '../api/client.ts'

/** The API with the key of the operator who has signed in. */
export const SignedIn = createContext<Api | undefined>(undefined)

export function useApi(): Api {
  const api = useContext(SignedIn)
  if (!api) throw new Error('Nobody has signed in.')
  return api
}
