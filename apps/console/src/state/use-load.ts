import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Api } from '../api/client.ts'
import { toRefusal, type Refusal } from '../api/refusal.ts'
import { useApi } from './session.ts'

/** Something that is asked of the service. What was there before stays while it is asked again. */
export type Load<Data> = {
  readonly data: Data | undefined
  readonly refusal: Refusal | undefined
  readonly isLoading: boolean
  readonly reload: () => void
}

/** How long after a refusal that may pass it is asked again. */
const AGAIN_MS = 3000

type Ask<Data> = (api: Api, signal: AbortSignal) => Promise<Data>

/** Asks when `key`, which says what is asked for, changes; and every `interval` milliseconds while the page is seen. */
export function useLoad<Data>(key: string, ask: Ask<Data>, interval?: number): Load<Data> {
  const api = useApi()
  const [turn, setTurn] = useState(0)
  const [state, setState] = useState<State<Data>>({ key, isLoading: true })
  const reload = useCallback(() => setTurn((now) => now + 1), [])
  useEffect(() => {
    const left = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const settle = (next: Partial<State<Data>>) => {
      if (!left.signal.aborted) setState({ key, isLoading: false, ...next })
    }
    /** What was there before an outage is still the best that is known, and asked for again until it is over. */
    const miss = (refusal: Refusal) => {
      if (left.signal.aborted) return
      setState((before) => {
        const data = refusal.isPassing && before.key === key ? before.data : undefined
        return { key, isLoading: false, refusal, data }
      })
      if (refusal.isPassing) timer = setTimeout(reload, AGAIN_MS)
    }
    setState((before) =>
      before.key === key ? { ...before, isLoading: true } : { key, isLoading: true },
    )
    ask(api, left.signal).then(
      (data) => settle({ data }),
      (error: unknown) => miss(toRefusal(error)),
    )
    return () => {
      clearTimeout(timer)
      left.abort()
    }
  }, [api, key, turn])
  useEffect(() => {
    if (interval === undefined) return undefined
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), interval)
    return () => clearInterval(timer)
  }, [interval, reload])
  // What was asked for before is not shown under a new key.
  const { data, refusal, isLoading } = state.key === key ? state : { ...NOTHING, isLoading: true }
  return { data, refusal, isLoading, reload }
}

type State<Data> = {
  readonly key: string
  readonly isLoading: boolean
  readonly data?: Data | undefined
  readonly refusal?: Refusal | undefined
}

const NOTHING = { data: undefined, refusal: undefined }
