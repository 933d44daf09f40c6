import { setTimeout as sleep } from 'node:timers/promises'

/** How long the service may take until it is ready, in milliseconds. */
const PATIENCE = 60_000

/**
 * Waits until the service's /readyz says yes; returns false when `signal` is aborted first.
 *
 * @throws with the service's last answer when it is not ready in time.
 */
export async function untilReady(url: string, signal: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + PATIENCE
  let answer = 'no answer'
  while (!signal.aborted) {
    try {
      const response = await fetch(`${url}/readyz`, { signal })
      if (response.ok) return true
      answer = await response.text()
    } catch {
      // It does not listen yet.
    }
    if (Date.now() > deadline) throw new Error(`The service is not ready: ${answer}`)
    await sleep(100)
  }
  return false
}
