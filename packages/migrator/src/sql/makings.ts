import type { Constraint, Node } from '@pgsql/types'
import type { Making, Name } from '../migration.ts'
import { readName } from './names.ts'
import { listVolatileCalls } from './volatile-calls.ts'

/** What a statement makes or alters that changes what a later one does to a table: domains, functions, indexes. */
export function findMakings(node: Node): Making[] {
  if ('CreateDomainStmt' in node) {
    const { domainname, typeName, constraints = [] } = node.CreateDomainStmt
    const of = readName(typeName && { TypeName: typeName })
    const all = constraints.flatMap((one) => ('Constraint' in one ? [one.Constraint] : []))
    return [{ domain: toName(domainname), of, ...constrainedBy(all) }]
  }
  if ('AlterDomainStmt' in node) return alteredDomain(node)
  if ('RenameStmt' in node && node.RenameStmt.renameType === 'OBJECT_DOMAIN') {
    const of = readName(node.RenameStmt.object)
    return [{ domain: { ...of, name: node.RenameStmt.newname ?? '' }, of }]
  }
  if ('CreateFunctionStmt' in node) {
    const { funcname, options, is_procedure } = node.CreateFunctionStmt
    const isVolatile = readVolatility(options) ?? true
    return is_procedure ? [] : [{ function: toName(funcname), isVolatile }]
  }
  if ('AlterFunctionStmt' in node) {
    const { func, actions } = node.AlterFunctionStmt
    const isVolatile = readVolatility(actions)
    const name = readName(func && { ObjectWithArgs: func })
    return isVolatile === undefined ? [] : [{ function: name, isVolatile }]
  }
  if ('IndexStmt' in node) {
    const { idxname, relation } = node.IndexStmt
    if (!idxname || !relation?.relname) return []
    const schema = relation.schemaname ? { schema: relation.schemaname } : {}
    return [{ index: { ...schema, name: idxname }, table: { ...schema, name: relation.relname } }]
  }
  return []
}

/** By the parser's letters: T a default, O a NOT NULL, C a constraint. */
function alteredDomain({
  AlterDomainStmt: { subtype, typeName, def },
}: Extract<Node, { AlterDomainStmt: unknown }>): Making[] {
  const domain = toName(typeName)
  if (subtype === 'O') return [{ domain, isChecked: true }]
  if (subtype === 'T') return [{ domain, ...withCalls(def) }]
  const added = subtype === 'C' && def && 'Constraint' in def ? [def.Constraint] : []
  return added.length > 0 ? [{ domain, ...constrainedBy(added) }] : []
}

function constrainedBy(all: readonly Constraint[]): Pick<DomainMaking, 'isChecked' | 'calls'> {
  const isChecked = all.some(
    ({ contype }) => contype === 'CONSTR_CHECK' || contype === 'CONSTR_NOTNULL',
  )
  const value = all.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr
  return { ...(isChecked && { isChecked }), ...withCalls(value) }
}

type DomainMaking = Extract<Making, { readonly domain: Name }>

function withCalls(value: Node | undefined): Pick<DomainMaking, 'calls'> {
  const calls = listVolatileCalls(value)
  return calls.length > 0 ? { calls } : {}
}

/** Undefined where the text does not say. */
function readVolatility(options: readonly Node[] | undefined): boolean | undefined {
  for (const option of options ?? []) {
    if (!('DefElem' in option) || option.DefElem.defname !== 'volatility') continue
    const { arg } = option.DefElem
    return arg && 'String' in arg ? arg.String.sval === 'volatile' : undefined
  }
  return undefined
}

function toName(parts: Node[] | undefined): Name {
  return readName({ List: { items: parts ?? [] } })
}
