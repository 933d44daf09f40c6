import type { AlterTableCmd, ATAlterConstraint, ColumnDef, Constraint, Node } from '@pgsql/types'
import type { Name, TableLock } from '../migration.ts'
import { readName } from './names.ts'
import { listVolatileCalls } from './volatile-calls.ts'

/** What a subcommand of ALTER TABLE may do under its lock for as long as the table is large: at worst. */
export function findWork(command: AlterTableCmd): Work {
  const { subtype, def } = command
  if (subtype === 'AT_AddColumn') return def && 'ColumnDef' in def ? columnWork(def.ColumnDef) : {}
  const work = workOn(command)
  return work ? { work } : {}
}

type Work = Pick<TableLock, 'work' | 'calls' | 'type' | 'hasDefault'>

function workOn({ subtype, def }: AlterTableCmd): TableLock['work'] {
  switch (subtype) {
    case 'AT_AddConstraint': {
      const constraint = findConstraint(def)
      return constraint && constraintWork(constraint)
    }
    case 'AT_AlterConstraint': {
      const altered = findAlteredConstraint(def)
      return altered?.alterEnforceability && altered.is_enforced ? 'scan' : undefined
    }
    case 'AT_SetNotNull':
    case 'AT_ValidateConstraint':
      return 'scan'
    case 'AT_AlterColumnType':
    case 'AT_SetExpression':
    case 'AT_SetLogged':
    case 'AT_SetUnLogged':
    case 'AT_SetAccessMethod':
    case 'AT_SetTableSpace':
      return 'rewrite'
    default:
      return undefined
  }
}

function columnWork({ constraints = [], typeName }: ColumnDef): Work {
  const type = readName(typeName && { TypeName: typeName })
  const all = constraints.flatMap((one) => ('Constraint' in one ? [one.Constraint] : []))
  if (/^(small|big)?serial[248]?$/.test(type.name) || all.some(computesEachRow))
    return { work: 'rewrite' }
  const fallback = all.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr
  const calls = listVolatileCalls(fallback)
  const works = new Set(all.map((one) => workBehindColumn(one, all)))
  const work = works.has('build') ? 'build' : works.has('scan') ? 'scan' : undefined
  return {
    ...(calls.length > 0 ? { work: 'rewrite', ...(!work && { calls }) } : work && { work }),
    ...(mayBeDomain(type) && { type }),
    ...(fallback && { hasDefault: true }),
  }
}

/**
 * Every row has the default, so NOT NULL needs no scan; without a default the statement fails if there are rows, and no
 * row has a key to look up. A virtual column is computed to see whether it is NULL.
 */
function workBehindColumn(constraint: Constraint, all: readonly Constraint[]): TableLock['work'] {
  const has = (contype: Constraint['contype']) => all.some((one) => one.contype === contype)
  if (constraint.contype === 'CONSTR_NOTNULL')
    return has('CONSTR_GENERATED') ? constraintWork(constraint) : undefined
  if (constraint.contype === 'CONSTR_FOREIGN' && !has('CONSTR_DEFAULT')) return undefined
  return constraintWork(constraint)
}

function computesEachRow({ contype, generated_kind }: Constraint): boolean {
  return contype === 'CONSTR_IDENTITY' || (contype === 'CONSTR_GENERATED' && generated_kind !== 'v')
}

/** PostgreSQL's own types that a text names as they are; the parser qualifies those that the standard names. */
const OWN_TYPES = new Set(
  'bytea cidr date inet json jsonb money name oid text timestamptz timetz tsvector uuid xml'.split(
    ' ',
  ),
)

function mayBeDomain({ schema, name }: Name): boolean {
  return schema !== 'pg_catalog' && !(schema === undefined && OWN_TYPES.has(name))
}

function constraintWork({ contype, indexname, skip_validation }: Constraint): TableLock['work'] {
  switch (contype) {
    case 'CONSTR_CHECK':
    case 'CONSTR_FOREIGN':
    case 'CONSTR_NOTNULL':
      return skip_validation ? undefined : 'scan'
    case 'CONSTR_PRIMARY':
      // With USING INDEX nothing is built, but the columns are scanned for NULLs.
      return indexname ? 'scan' : 'build'
    case 'CONSTR_UNIQUE':
      return indexname ? undefined : 'build'
    case 'CONSTR_EXCLUSION':
      return 'build'
    default:
      return undefined
  }
}

/** The constraint that ADD CONSTRAINT adds. */
export function findConstraint(def: Node | undefined): Constraint | undefined {
  return def && 'Constraint' in def ? def.Constraint : undefined
}

/** What ALTER CONSTRAINT changes. */
export function findAlteredConstraint(def: Node | undefined): ATAlterConstraint | undefined {
  return def && 'ATAlterConstraint' in def ? def.ATAlterConstraint : undefined
}

/** False where only partitions get what a subcommand adds: an index, a foreign key; NO INHERIT. */
export function isInherited({ def }: AlterTableCmd): boolean {
  const column = def && 'ColumnDef' in def ? (def.ColumnDef.constraints ?? []) : []
  const added = [findConstraint(def), ...column.map(findConstraint)]
  return added.every((one) => !one || !(one.is_no_inherit || NOT_INHERITED.has(one.contype)))
}

const NOT_INHERITED = new Set<Constraint['contype']>([
  'CONSTR_PRIMARY',
  'CONSTR_UNIQUE',
  'CONSTR_EXCLUSION',
  'CONSTR_FOREIGN',
])
