/** Choices that the seed and a name bring back, whatever has been chosen for other names (FNV-1a). */
export function randomFor(seed: number, name: string): Random {
  let sum = 0x811c9dc5
  for (const byte of Buffer.from(`${seed} ${name}`)) sum = Math.imul(sum ^ byte, 0x01000193)
  return new Random(sum)
}

/** Choices that a seed brings back (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** From `from` to `to`, both included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(all: readonly T[]): T {
    const one = all[this.int(0, all.length - 1)]
    if (one === undefined) throw new Error('Nothing to choose from.')
    return one
  }

  /** At most `size` of them, each once, in any order. */
  some<T>(all: readonly T[], size: number): T[] {
    const rest = [...all]
    const chosen: T[] = []
    while (chosen.length < size && rest.length > 0) {
      chosen.push(...rest.splice(this.int(0, rest.length - 1), 1))
    }
    return chosen
  }

  /** All of them, each once, in any order. */
  shuffle<T>(all: readonly T[]): T[] {
    return this.some(all, all.length)
  }

  times<T>(from: number, to: number, make: (n: number) => T): T[] {
    return Array.from({ length: this.int(from, to) }, (_, n) => make(n))
  }
}
