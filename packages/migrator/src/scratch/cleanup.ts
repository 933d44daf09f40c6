/** What is lent now and is to be removed, the newest last. It is the process's own, as signals are. */
const lent = new Set<() => Promise<void>>()

let isEnding = false

/** Does `work`, and `cleanUp` once however that ends; by `cleanUpAll`, too. */
export async function withCleanup<T>(
  cleanUp: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  if (isEnding) await never()
  let cleaned: Promise<void> | undefined
  const clean = () => (cleaned ??= cleanUp())
  lent.add(clean)
  try {
    return await work()
  } finally {
    // What fails since its database is gone is no news.
    if (isEnding) await never()
    await clean().finally(() => lent.delete(clean))
  }
}

/** Removes all that is lent, before a signal ends the process; what works with it is not heard of again. */
export async function cleanUpAll(): Promise<void> {
  isEnding = true
  for (const clean of [...lent].toReversed()) await clean().catch(() => {})
}

function never(): Promise<never> {
  return new Promise(() => {})
}
