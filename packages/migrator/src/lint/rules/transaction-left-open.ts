import { listLater } from '../neighbours.ts'
import type { Rule } from '../rule.ts'

export const transactionLeftOpen: Rule = {
  id: 'transaction-left-open',
  level: 'error',
  hazards: ['long-lock', 'not-resumable'],
  problem: 'the file begins a transaction and does not end it.',
  why: 'What it locked stays locked for as long as the session lives, and all of it is rolled back at its end.',
  instead: 'End it with COMMIT.',
  isOfPlainFiles: true,
  check(statement, context) {
    const { node } = statement
    if (!('TransactionStmt' in node) || !BEGINS.test(node.TransactionStmt.kind ?? '')) return []
    const isEnded = listLater(statement, context).some(
      (one) => 'TransactionStmt' in one.node && ENDS.test(one.node.TransactionStmt.kind ?? ''),
    )
    return isEnded ? [] : [{ about: 'BEGIN' }]
  },
  example: {
    given: 'create table t (id bigint primary key)',
    unsafe: 'begin; insert into t values (1)',
    safe: 'begin; insert into t values (1); commit',
  },
}

const BEGINS = /_(BEGIN|START)$/
const ENDS = /_(COMMIT|ROLLBACK)$/
