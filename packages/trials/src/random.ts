/** A repeatable source of numbers from 0 to below 1 (mulberry32), for samples that a seed can bring back. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `size` members of `all`, each at most once, in their order. */
export function sample<T>(all: readonly T[], size: number, random: () => number): T[] {
  const keys = all.map((_, i) => i).map((i) => ({ i, key: random() }))
  const chosen = new Set(
    keys
      .toSorted((a, b) => a.key - b.key)
      .slice(0, size)
      .map(({ i }) => i),
  )
  return all.filter((_, i) => chosen.has(i))
}

/** Runs `work` for each member, at most `width` at a time. */
export async function inParallel<T>(
  all: readonly T[],
  width: number,
  work: (one: T, worker: number) => Promise<void>,
): Promise<void> {
  const rest = [...all]
  const worker = async (number: number) => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await work(one, number)
  }
  await Promise.all(Array.from({ length: width }, (_, number) => worker(number)))
}
