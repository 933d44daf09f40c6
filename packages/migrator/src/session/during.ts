/** What the migrator itself was doing, as opposed to a statement of the author's. */
export interface Doing {
  /** `reading the ledger`: it follows "while". */
  readonly doing: string
  /** The ledger or the journal, where that is what is read or written. */
  readonly bookkeeping?: string
}

/** Kept beside the errors, since a caught error is not edited. */
const known = new WeakMap<Error, Doing>()

/** Runs `work`; an error of it is known from then on to have come up while `doing`. The innermost one counts. */
export async function during<T>(doing: Doing, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && !known.has(error)) known.set(error, doing)
    throw error
  }
}

/** Undefined where the error is not known to be about a statement of ours. */
export function doingOf(error: unknown): Doing | undefined {
  for (let next = error; next instanceof Error; next = next.cause) {
    const doing = known.get(next)
    if (doing) return doing
  }
  return undefined
}
