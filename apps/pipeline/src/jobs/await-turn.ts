import type { Database } from '../database.ts'
import { nextDay, takeTurn, type DomainLimits } from '../services/rate-limits.ts'
import { Postponed } from './postponed.ts'

/**
 * Makes what is to be called before each request. It never waits, since a job that waits in its worker keeps others out: one
 * that comes before its domain's turn goes back to the queue, and goes on where it was once its place comes.
 *
 * Places are one after the other, so that few jobs come back in vain. Only this process knows them: a job of another one
 * that has the same place costs one more delivery, and no request comes too early.
 */
export function createTurns(database: Database, limits: DomainLimits) {
  const { min, max } = limits.delaySeconds
  const lastPlaces = new Map<string, number>()
  const nextPlace = (domain: string, lastRequest: number): Date => {
    const delay = (min + Math.random() * (max - min)) * 1000
    const place = Math.max(lastRequest, lastPlaces.get(domain) ?? 0) + delay
    for (const [known, last] of lastPlaces) if (last < lastRequest) lastPlaces.delete(known)
    lastPlaces.set(domain, place)
    return new Date(place)
  }
  /** @throws {@link Postponed} */
  return async (url: URL, redirects: number): Promise<void> => {
    const domain = url.hostname
    const turn = await takeTurn(database, domain, limits)
    const resume = { url: url.href, redirects }
    if (turn.is === 'tomorrow')
      throw new Postponed(
        `${domain} has had its ${limits.perDay} requests of today.`,
        nextDay(),
        resume,
      )
    if (turn.is === 'later') {
      const place = nextPlace(domain, Date.now() - turn.millisecondsAgo)
      throw new Postponed(`It waits for its turn at ${domain}.`, place, resume)
    }
  }
}
