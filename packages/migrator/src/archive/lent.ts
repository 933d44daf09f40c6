/**
 * A statement that was refused for rows or values that the archive has. They are there now: it runs `again`, and what it
 * takes is counted from there, since what was restored is no loss.
 */
export interface Lent {
  readonly again: Execute
}

/** Runs a statement; returns how many rows it met. */
export type Execute = () => Promise<number | Lent>

/** Runs a statement to its end where nobody counts what it takes. */
export async function runToEnd(execute: Execute): Promise<number> {
  let result = await execute()
  while (typeof result !== 'number') result = await result.again()
  return result
}
