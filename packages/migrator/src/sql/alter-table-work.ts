import type { AlterTableCmd, ColumnDef, Constraint, Node } from '@pgsql/types'
import type { TableLock } from '../migration.ts'
import { readName } from './names.ts'

/** What a subcommand of ALTER TABLE may do under its lock for as long as the table is large: at worst. */
export function findWork({ subtype, def }: AlterTableCmd): TableLock['work'] {
  switch (subtype) {
    case 'AT_AddColumn':
      return def && 'ColumnDef' in def ? columnWork(def.ColumnDef) : undefined
    case 'AT_AddConstraint': {
      const constraint = findConstraint(def)
      return constraint && constraintWork(constraint)
    }
    case 'AT_SetNotNull':
    case 'AT_ValidateConstraint':
    case 'AT_AlterConstraint':
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

/** A domain with a CHECK rewrites too, but its name looks like that of any other type. */
function columnWork({ constraints = [], typeName }: ColumnDef): TableLock['work'] {
  const { name } = readName(typeName && { TypeName: typeName })
  const all = constraints.flatMap((one) => ('Constraint' in one ? [one.Constraint] : []))
  if (/^(small|big)?serial[248]?$/.test(name) || all.some(computesEachRow)) return 'rewrite'
  // Every row has the default, so NOT NULL needs no scan; without a default the statement fails if there are rows.
  const works = new Set(
    all.filter(({ contype }) => contype !== 'CONSTR_NOTNULL').map(constraintWork),
  )
  return works.has('build') ? 'build' : works.has('scan') ? 'scan' : undefined
}

function computesEachRow({ contype, generated_kind, raw_expr }: Constraint): boolean {
  return (
    contype === 'CONSTR_IDENTITY' ||
    (contype === 'CONSTR_GENERATED' && generated_kind !== 'v') ||
    (contype === 'CONSTR_DEFAULT' && mayBeVolatile(raw_expr))
  )
}

/** PostgreSQL's functions that defaults often call and that are evaluated once. Any other function may be volatile. */
const STABLE = new Set(['now', 'transaction_timestamp', 'statement_timestamp', 'timezone'])

function mayBeVolatile(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(mayBeVolatile)
  if (value === null || typeof value !== 'object') return false
  return Object.entries(value).some(([key, inner]) =>
    key === 'FuncCall'
      ? !STABLE.has(readName({ List: { items: inner.funcname ?? [] } }).name) ||
        mayBeVolatile(inner.args)
      : mayBeVolatile(inner),
  )
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
