import { useEffect, useState } from 'preact/hooks'
import { toRefusal, type Refusal } from '../api/refusal.ts'
import type { Page } from '../api/types.ts'
import type { Query } from '../text/query.ts'
import { useApi } from './session.ts'
import { useLoad, type Load } from './use-load.ts'

/** A list that grows by a page at a time. */
export type Pages<Item> = Omit<Load<readonly Item[]>, 'data'> & {
  readonly items: readonly Item[] | undefined
  /** Undefined on the last page. */
  readonly more: (() => void) | undefined
}

/** Reads the first page of a list, again every `interval` milliseconds, and the next ones as they are asked for. */
export function usePages<Item>(path: string, query: Query = {}, interval?: number): Pages<Item> {
  const api = useApi()
  const key = JSON.stringify([path, query])
  const [later, setLater] = useState<readonly Page<Item>[]>([])
  // Who has gone on to later pages is not thrown back to the first.
  const every = later.length === 0 ? interval : undefined
  const first = useLoad(key, (api, signal) => api.get<Page<Item>>(path, query, signal), every)
  const [isAsking, setIsAsking] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  useEffect(() => {
    setLater([])
    setRefusal(undefined)
  }, [first.data])

  const pages = first.data ? [first.data, ...later] : []
  const after = pages.at(-1)?.next ?? undefined
  const readMore = () => {
    setIsAsking(true)
    api
      .get<Page<Item>>(path, { ...query, after })
      .then(
        (page) => setLater((before) => [...before, page]),
        (error: unknown) => setRefusal(toRefusal(error)),
      )
      .finally(() => setIsAsking(false))
  }
  return {
    items: first.data && pages.flatMap(({ items }) => items),
    more: after === undefined || isAsking ? undefined : readMore,
    refusal: first.refusal ?? refusal,
    isLoading: first.isLoading || isAsking,
    reload: first.reload,
  }
}
