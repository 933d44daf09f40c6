import { useEffect, useState } from 'preact/hooks'
import { printQuery, type Query } from './text/query.ts'

/** Where the operator is: it is in the address after `#`, so that a reload and a link lead there. Never the key. */
export type Route = {
  readonly path: readonly string[]
  readonly query: Readonly<Record<string, string>>
}

/** `#/projects/1/facts?q=latency` */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  return {
    path: path.split('/').filter(Boolean).map(decode),
    query: Object.fromEntries(new URLSearchParams(query)),
  }
}

export function printRoute(path: readonly string[], query: Query = {}): string {
  return `#/${path.map(encodeURIComponent).join('/')}${printQuery(query)}`
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash))
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash))
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return route
}

export function go(to: string): void {
  location.hash = to
}

/** The address of a person may hold half an escape. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
