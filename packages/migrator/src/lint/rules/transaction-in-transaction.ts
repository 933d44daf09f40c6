import type { Node } from '@pgsql/types'
import { listEarlier } from '../neighbours.ts'
import type { Rule } from '../rule.ts'

export const transactionInTransaction: Rule = {
  id: 'transaction-in-transaction',
  level: 'error',
  hazards: ['not-resumable', 'long-lock'],
  problem: 'there is a transaction already, which the next COMMIT ends, whatever comes after it.',
  why: 'PostgreSQL only warns of a BEGIN in a transaction. The first COMMIT commits all of it, and each statement behind that commits by itself: what fails there leaves the rest done.',
  instead: 'Take out the inner BEGIN and its COMMIT, or use SAVEPOINT and RELEASE.',
  isOfPlainFiles: true,
  check(statement, context) {
    if (!BEGINS.test(kindOf(statement.node))) return []
    const kinds = listEarlier(statement, context).map(({ node }) => kindOf(node))
    const last = kinds.findLast((kind) => BEGINS.test(kind) || ENDS.test(kind)) ?? ''
    return BEGINS.test(last) ? [{ about: 'BEGIN' }] : []
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: 'begin; begin; insert into t values (1); commit; commit',
    safe: 'begin; savepoint one; insert into t values (1); release one; commit',
  },
}

const kindOf = (node: Node) => ('TransactionStmt' in node ? (node.TransactionStmt.kind ?? '') : '')

const BEGINS = /_(BEGIN|START)$/
const ENDS = /_(COMMIT|ROLLBACK|PREPARE)$/
