import type { Querying } from './author.ts'

/** Whether a connection keeps the process alive. pg's types do not know that; a caller's connection may not either. */
export function keepProcessAlive(client: Querying, isAlive: boolean): void {
  const { ref, unref } = client as { readonly ref?: () => void; readonly unref?: () => void }
  const apply = isAlive ? ref : unref
  apply?.call(client)
}
