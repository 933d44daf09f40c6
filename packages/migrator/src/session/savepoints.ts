import type { ClientBase } from 'pg'

/**
 * Runs `work` in a savepoint of the transaction that is open. An error that `isRefusal` knows undoes that much and is
 * returned; every other is thrown as it is.
 */
export async function trySavepoint<T>(
  client: Pick<ClientBase, 'query'>,
  work: () => Promise<T>,
  isRefusal: (error: unknown) => boolean,
): Promise<{ readonly value: T } | { readonly refusal: unknown }> {
  await client.query('savepoint migrator_try')
  try {
    const value = await work()
    await client.query('release savepoint migrator_try')
    return { value }
  } catch (error) {
    if (!isRefusal(error)) throw error
    await client.query('rollback to savepoint migrator_try; release savepoint migrator_try')
    return { refusal: error }
  }
}

/** A transaction that a client has begun; without a savepoint it is one of PostgreSQL's own. */
interface OpenTransaction {
  readonly client: object
  readonly savepoint?: string
}

/**
 * Turns `begin`, `commit` and `rollback` of each client on one connection into those of savepoints inside what is open;
 * every other text goes through as it is. `isInside`: a transaction is open from the start. A transaction cannot end
 * before one that began later, whose work it would take with it: then there is no text.
 */
export function nestTransactions(isInside: boolean) {
  const open: OpenTransaction[] = []
  let count = 0
  const begin = (client: object, text: string) => {
    if (!isInside && open.length === 0) {
      open.push({ client })
      return text
    }
    count += 1
    const savepoint = `migrator_${count}`
    open.push({ client, savepoint })
    return `savepoint ${savepoint}`
  }
  const nest = (client: object, text: string): string | undefined => {
    if (/^(begin|start transaction)\b/i.test(text)) return begin(client, text)
    if (!isEnd(text)) return text
    // What the code itself has begun as text may come from another client of the pool.
    const [own] = open
    if (open.length === 1 && own && own.savepoint === undefined) {
      open.pop()
      return text
    }
    if (!open.some((one) => one.client === client)) return text
    if (open.at(-1)?.client !== client) return undefined
    const savepoint = open.pop()?.savepoint
    if (savepoint === undefined) return text
    const release = `release savepoint ${savepoint}`
    return /^commit$/i.test(text) ? release : `rollback to savepoint ${savepoint}; ${release}`
  }
  /** True where one of PostgreSQL's own is open. */
  const isOpen = () => open.some(({ savepoint }) => savepoint === undefined)
  return { nest, isOpen }
}

/** The same for a connection that has one client, and a transaction open. */
export function asSavepoints(): (text: string) => string {
  const client = {}
  const { nest } = nestTransactions(true)
  return (text) => nest(client, text) ?? text
}

/** True of what ends a transaction, in the words of Kysely. */
export function isEnd(text: string): boolean {
  return /^(commit|rollback)$/i.test(text)
}
