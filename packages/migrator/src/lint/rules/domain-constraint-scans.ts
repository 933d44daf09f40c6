import { toKey } from '../../phase/release.ts'
import { readName } from '../../sql/names.ts'
import { keysIn, listEarlier } from '../neighbours.ts'
import type { Rule } from '../rule.ts'

/** The parser's letters for ADD CONSTRAINT and SET NOT NULL. */
const SCANNING = new Set(['C', 'O'])

export const domainConstraintScans: Rule = {
  id: 'domain-constraint-scans',
  level: 'error',
  hazards: ['full-scan-under-lock', 'blocks-writes', 'may-fail-on-rows'],
  problem:
    'every table with a column of the domain is read whole, and nobody writes to any of them meanwhile.',
  why: 'It holds SHARE on every such table. NOT VALID reads none; VALIDATE still holds SHARE, so run it at a quiet time.',
  instead: 'Add the constraint NOT VALID, and validate it in a transaction of its own.',
  check(statement, context) {
    const { node } = statement
    if (!('AlterDomainStmt' in node)) return []
    const { subtype = '', typeName = [], def } = node.AlterDomainStmt
    const isUnchecked = def && 'Constraint' in def && def.Constraint.skip_validation
    const domain = readName({ List: { items: typeName } })
    const made = keysIn(listEarlier(statement, context), (one) =>
      'CreateDomainStmt' in one
        ? readName({ List: { items: one.CreateDomainStmt.domainname ?? [] } })
        : undefined,
    )
    return SCANNING.has(subtype) && !isUnchecked && !made.has(toKey(domain))
      ? [{ about: `domain ${domain.name}` }]
      : []
  },
  example: {
    given: 'create domain d as int; create table t (id bigint primary key, a d)',
    unsafe: 'alter domain d add constraint positive check (value > 0)',
    safe: 'alter domain d add constraint positive check (value > 0) not valid; alter domain d validate constraint positive',
  },
}
