/** A statement of a migration that has run; `error` is what refused it. */
export interface RanStatement {
  readonly sql: string
  readonly milliseconds: number
  readonly rows?: number
  readonly error?: unknown
}

export type StatementListener = (statement: RanStatement) => void

/** Runs a statement of a migration, which returns how many rows it met, and tells the listener. */
export async function listened(
  listener: StatementListener | undefined,
  sql: string,
  work: () => Promise<number>,
): Promise<number> {
  const started = performance.now()
  const tell = (rest: Pick<RanStatement, 'rows' | 'error'>) =>
    listener?.({ sql, milliseconds: performance.now() - started, ...rest })
  try {
    const rows = await work()
    tell({ rows })
    return rows
  } catch (error) {
    tell({ error })
    throw error
  }
}
