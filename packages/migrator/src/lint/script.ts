import type { Check, Migration, Phase } from '../migration.ts'
import { findLocks } from '../sql/locks.ts'
import { findBoundary } from '../sql/read-statement.ts'
import { parseSql } from '../sql/parse.ts'
import type { LintedStatement } from './rule.ts'

/** A file of SQL, or the way up of a migration. */
export interface Script {
  /** As findings name it. */
  readonly name: string
  /** Its statements, or one text of several. */
  readonly texts: readonly string[]
  /** It says what is there, and is not judged. */
  readonly isOnlyKnown?: boolean
  /** Of a migration; absent for a file that another tool runs. */
  readonly migration?: {
    readonly isTransactional: boolean
    readonly requires?: readonly Check[]
    /** It says that it may break the previous release. */
    readonly isContract: boolean
    /** Why rules do not count in it. */
    readonly allow?: Readonly<Record<string, string>>
    /** True of code, which nobody can read. */
    readonly isCode?: boolean
  }
}

/**
 * The way up of a migration. `stated` is the phase that its class states: the one that applies follows from the
 * statements, and says nothing that a person has seen.
 */
export function toScript(migration: Migration, stated: Phase | undefined): Script {
  const { name, up, requires, transactional, phaseException, allow = {} } = migration
  return {
    name,
    texts: up.kind === 'sql' ? up.statements.map(({ sql }) => sql) : [],
    migration: {
      isTransactional: transactional,
      requires,
      isContract: stated === 'contract' || phaseException !== undefined,
      allow,
      isCode: up.kind === 'code',
    },
  }
}

/** A statement, and the line of its text that it begins on, from 1. */
export interface PlacedStatement extends LintedStatement {
  readonly line: number
}

/** Reads a script. Throws a `SyntaxProblem` where PostgreSQL would refuse it. */
export async function readScript({ texts, migration }: Script): Promise<PlacedStatement[]> {
  const placed: PlacedStatement[] = []
  let open: PlacedStatement[] = []
  // A file of another tool has the transactions that it says.
  let isOpen = migration?.isTransactional ?? false
  for (const text of texts) {
    for (const { sql, node, line } of await placeLines(text)) {
      const boundary = findBoundary(node)
      const kind = 'TransactionStmt' in node ? (node.TransactionStmt.kind ?? '') : ''
      if (ENDS.has(kind)) isOpen = false
      if (
        !isOpen ||
        BEGINS.has(kind) ||
        (migration && (boundary === 'own' || boundary === 'outside'))
      )
        open = []
      // A dump has many statements in one transaction: they share its list.
      const [opened, count] = [open, open.length]
      const one = {
        sql,
        node,
        boundary,
        locks: findLocks(node),
        get before() {
          return opened.slice(0, count)
        },
        line,
      }
      placed.push(one)
      if (BEGINS.has(kind)) isOpen = true
      const isRemembered = open.length === 0 || !ROWS.some((rows) => rows in node)
      if (isOpen && isRemembered && !(migration && boundary !== 'shared')) open.push(one)
    }
  }
  return placed
}

/** Statements about rows: what is after them in a transaction meets nothing of theirs. */
const ROWS = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'SelectStmt', 'CopyStmt']

const BEGINS = new Set(['TRANS_STMT_BEGIN', 'TRANS_STMT_START'])
const ENDS = new Set(['TRANS_STMT_COMMIT', 'TRANS_STMT_ROLLBACK'])

async function placeLines(text: string) {
  const statements = await parseSql(text)
  const bytes = Buffer.from(text, 'utf8')
  let [line, at] = [1, 0]
  return statements.map(({ sql, node, start }, n) => {
    const rest = bytes.toString('utf8', start, statements[n + 1]?.start)
    line += countLines(bytes.toString('utf8', at, start))
    at = start
    return {
      sql: sql.slice(skipBlank(sql)),
      node,
      line: line + countLines(rest.slice(0, skipBlank(rest))),
    }
  })
}

const countLines = (text: string) => text.split('\n').length - 1

/** The length of the white space and the comments that a text begins with. */
function skipBlank(sql: string): number {
  return /^(?:\s+|--[^\n]*\n|\/\*[^]*?\*\/)*/.exec(sql)?.[0].length ?? 0
}
