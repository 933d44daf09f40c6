import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint, RangeVar } from '@pgsql/types'
import { toName } from '../phase/release.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { castSafely } from './casts.ts'
import { columnsIn } from './columns.ts'
import { noNulls, noOrphans, noRows, noViolation } from './pre-checks.ts'
import { ended, type Before, type SafeForm } from './safe-form.ts'
import { quoted, uniqueSafely } from './unique-key.ts'
import { addedColumn, constraintsOf, type AddedColumn, type AlterPart } from './split.ts'
import { fitName, tableOf } from './table.ts'

/** The form of an ALTER TABLE with one command; several have none. */
export async function alterSafely(part: AlterPart, before: Before): Promise<SafeForm> {
  const { statement, sql } = part
  const asItIs = await castSafely(part, before)
  const [cmd, ...others] = statement.cmds ?? []
  if (!cmd || others.length > 0 || !('AlterTableCmd' in cmd)) return asItIs
  if (statement.objtype !== 'OBJECT_TABLE') return asItIs
  // ONLY is about a parent without its children, which the forms would change.
  if (!statement.relation?.inh) return asItIs
  const { AlterTableCmd: command } = cmd
  const table = tableOf(statement.relation)
  const { isPartitioned = false } = before.known.table(toName(statement.relation)) ?? {}
  if (command.subtype === 'AT_SetNotNull') {
    const column = quoteName(command.name ?? '')
    return {
      statements: requireValue(statement.relation, command.name ?? '', before),
      requires: [noNulls(table, column)],
      isAlone: true,
    }
  }
  if (command.subtype === 'AT_DropConstraint') {
    const { pktable } = knownConstraint(before, statement, command)?.definition ?? {}
    // It locks the other table, too, for as long as the transaction.
    return pktable ? { ...asItIs, isAlone: true } : asItIs
  }
  if (command.subtype === 'AT_AddConstraint')
    return (await constrainSafely(table, command, sql, isPartitioned)) ?? asItIs
  const added = addedColumn(command)
  if (added?.default) return (await addFilled({ statement, sql }, added, before)) ?? asItIs
  if (!added?.isRequired) return asItIs
  if (before.direction === 'down') return addEmptied(part, added.column, before) ?? asItIs
  return { ...asItIs, requires: [noRows(table, quoteName(added.column.colname ?? ''))] }
}

function knownConstraint({ known }: Before, { relation }: AlterTableStmt, { name }: AlterTableCmd) {
  return known.table(toName(relation))?.constraints.get(name ?? '')
}

/** A CHECK that is validated tells SET NOT NULL that no row has to be read again. */
function requireValue(relation: RangeVar, columnName: string, { known }: Before): string[] {
  const table = tableOf(relation)
  const column = quoteName(columnName)
  // Not `…_not_null`: that is what PostgreSQL 18 calls the NOT NULL constraint itself.
  const name = fitName(`${relation.relname}_${columnName}_is_set`)
  const isTaken = known.table(toName(relation))?.constraints.has(name) === true
  const check = quoteName(isTaken ? fitName(`${name}_now`) : name)
  return [
    `alter table ${table} add constraint ${check} check (${column} is not null) not valid;`,
    `alter table ${table} validate constraint ${check};`,
    `alter table ${table} alter column ${column} set not null;`,
    `alter table ${table} drop constraint ${check};`,
  ]
}

async function constrainSafely(
  table: string,
  { def }: AlterTableCmd,
  sql: string,
  isPartitioned: boolean,
): Promise<SafeForm | undefined> {
  if (!def || !('Constraint' in def) || def.Constraint.conname === undefined) return undefined
  const { Constraint: constraint } = def
  const name = quoteName(constraint.conname ?? '')
  switch (constraint.contype) {
    case 'CONSTR_CHECK':
    case 'CONSTR_FOREIGN': {
      if (constraint.skip_validation || constraint.is_enforced === false) return undefined
      const check = await preCheck(table, name, constraint)
      return {
        statements: [
          ended(`${sql} not valid`),
          `alter table ${table} validate constraint ${name};`,
        ],
        ...(check && { requires: [check] }),
        isAlone: true,
      }
    }
    case 'CONSTR_UNIQUE':
      // PostgreSQL builds no index of a partitioned table beside writes, and takes none over.
      return isPartitioned ? undefined : uniqueSafely(table, name, constraint)
    default:
      return undefined
  }
}

async function preCheck(table: string, name: string, constraint: Constraint) {
  const { contype, raw_expr, pktable, fk_attrs = [], pk_attrs = [], fk_matchtype } = constraint
  if (contype === 'CONSTR_CHECK')
    return (
      raw_expr &&
      noViolation({
        table,
        name,
        condition: await deparseSql(raw_expr),
        columns: columnsIn([raw_expr]),
      })
    )
  if (!pktable || pk_attrs.length !== fk_attrs.length || fk_matchtype === 'f') return undefined
  const columns = fk_attrs.map(quoted)
  const target = tableOf(pktable)
  return noOrphans({ table, name, columns, target, targetColumns: pk_attrs.map(quoted) })
}

/** A column that comes back is empty until the archive has restored its values, and then required as any other. */
function addEmptied(
  { statement, sql }: AlterPart,
  column: ColumnDef,
  before: Before,
): SafeForm | undefined {
  const { location } =
    constraintsOf(column).find(({ contype }) => contype === 'CONSTR_NOTNULL') ?? {}
  if (location === undefined) return undefined
  const bytes = Buffer.from(sql)
  const [start, end] = [bytes.toString('utf8', 0, location), bytes.toString('utf8', location)]
  const added = `${start.trim()}${end.replace(/^not\s+null/i, '')}`
  return {
    statements: [
      ended(added),
      ...requireValue(statement.relation ?? {}, column.colname ?? '', before),
    ],
    isAlone: true,
  }
}

/** A column whose default differs from row to row is added empty, and filled by a statement that blocks nobody who reads. */
async function addFilled(
  { statement, sql }: AlterPart,
  { column, default: value }: AddedColumn,
  before: Before,
): Promise<SafeForm | undefined> {
  const name = column.colname ?? ''
  const [target, quotedName] = [tableOf(statement.relation), quoteName(name)]
  const start = constraintsOf(column)[0]?.location
  if (!value || start === undefined) return undefined
  const isNotNull = constraintsOf(column).some(({ contype }) => contype === 'CONSTR_NOTNULL')
  return {
    statements: [
      ended(Buffer.from(sql).toString('utf8', 0, start).trim()),
      `alter table ${target} alter column ${quotedName} set default ${await deparseSql(value)};`,
      `update ${target} set ${quotedName} = default where ${quotedName} is null;`,
      ...(isNotNull ? requireValue(statement.relation ?? {}, name, before) : []),
    ],
    isAlone: true,
  }
}
