import type { Query } from './query.ts'
import { parseSql } from '../sql/parse.ts'

/** As much of a pg-cursor as Kysely uses. */
export interface Readable {
  read(count: number): Promise<unknown[]>
  close(): Promise<void>
}

export interface Cursor {
  readonly name: string
  /** True outside a transaction, where PostgreSQL reads a cursor's rows as it is declared. */
  readonly isHeld: boolean
}

type Rows = (text: string, rest?: Pick<Query, 'values' | 'types'>) => Promise<unknown[]>

/**
 * A cursor of SQL in place of one of the protocol: between two parts the connection is free, so code may
 * run other queries while it reads. What PostgreSQL declares no cursor for is read whole.
 */
export function openCursor({ name, isHeld }: Cursor, query: Query, rowsOf: Rows): Readable {
  const { text, values, types } = query
  let left: unknown[] | undefined
  let isOpen = false
  return {
    read: async (count) => {
      if (!isOpen && left === undefined) {
        if (await isDeclarable(text)) {
          const hold = isHeld ? ' with hold' : ''
          await rowsOf(`declare ${name} no scroll cursor${hold} for ${text}`, { values })
          isOpen = true
        } else left = await rowsOf(text, { values, types })
      }
      return left ? left.splice(0, count) : rowsOf(`fetch ${count} from ${name}`, { types })
    },
    close: async () => {
      // In a transaction that has failed nothing can be closed, and nothing has to be.
      if (isOpen) await rowsOf(`close ${name}`).catch(() => {})
    },
  }
}

/** https://www.postgresql.org/docs/18/sql-declare.html */
async function isDeclarable(text: string): Promise<boolean> {
  const statements = await parseSql(text).catch(() => [])
  const [node] = statements.map((one) => one.node)
  if (statements.length !== 1 || !node || !('SelectStmt' in node)) return false
  const { intoClause, withClause } = node.SelectStmt
  const parts = withClause?.ctes ?? []
  return (
    !intoClause &&
    parts.every(
      (part) =>
        'CommonTableExpr' in part &&
        part.CommonTableExpr.ctequery !== undefined &&
        'SelectStmt' in part.CommonTableExpr.ctequery,
    )
  )
}
