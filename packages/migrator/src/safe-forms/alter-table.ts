import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint, RangeVar } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { deparseSql } from '../sql/parse.ts'
import { isComputed, readPreset } from '../known/parts.ts'
import { quoteName } from '../sql/quote-name.ts'
import { castSafely } from './casts.ts'
import { showType } from './copy-column.ts'
import { referredBy } from './copied-parts.ts'
import { identitySafely } from './identity.ts'
import { keySafely } from './keys.ts'
import { nameConstraint } from './named-constraint.ts'
import { writeIsNull } from './null-tests.ts'
import { referPartitions } from './partitioned-keys.ts'
import { noOtherPartitions } from './partitioned.ts'
import { allComputed, noNulls, noOrphans, noRows, noViolation } from './pre-checks.ts'
import { requireValue } from './required.ts'
import { ended, type Before, type SafeForm } from './safe-form.ts'
import { addedColumn, constraintsOf, type AddedColumn, type AlterPart } from './split.ts'
import { rowsOf, tableOf } from './table.ts'

/** The form of an ALTER TABLE with one command; several have none. */
export async function alterSafely(part: AlterPart, before: Before): Promise<SafeForm> {
  const { statement, sql } = part
  const counted = identitySafely(statement, before.known)
  if (counted) return counted
  const asItIs = await castSafely(part, before)
  const [cmd, ...others] = statement.cmds ?? []
  if (!cmd || others.length > 0 || !('AlterTableCmd' in cmd)) return asItIs
  if (statement.objtype !== 'OBJECT_TABLE') return asItIs
  // ONLY is about a parent without its children, which the forms would change.
  if (!statement.relation?.inh) return asItIs
  const { AlterTableCmd: command } = cmd
  const table = tableOf(statement.relation)
  const known = before.known.table(toName(statement.relation))
  // Nothing says that the table is there, and only this statement may be about none.
  if (statement.missing_ok && !known) return asItIs
  if (command.subtype === 'AT_SetNotNull') {
    const column = quoteName(command.name ?? '')
    return {
      statements: requireValue(statement.relation, command.name ?? '', before),
      requires: [
        noNulls(
          table,
          column,
          writeIsNull(toName(statement.relation), command.name ?? '', before.known),
        ),
      ],
      isAlone: true,
    }
  }
  if (command.subtype === 'AT_DropConstraint') {
    const { pktable } = knownConstraint(before, statement, command)?.definition ?? {}
    // It locks the other table, too, for as long as the transaction.
    return pktable ? { ...asItIs, isAlone: true } : asItIs
  }
  if (command.subtype === 'AT_AddConstraint')
    return (await constrainSafely(part, command, before)) ?? asItIs
  const added = addedColumn(command)
  if (added?.default) return (await addFilled({ statement, sql }, added, before)) ?? asItIs
  if (!added?.isRequired) return computeSafely(asItIs, command, before, table)
  if (before.direction === 'down') return addEmptied(part, added.column, before) ?? asItIs
  return { ...asItIs, requires: [noRows(table, quoteName(added.column.colname ?? ''))] }
}

/** Of a new column each row gets what is computed for it, its default, or NULL: an expression or a domain may refuse that. */
async function computeSafely(
  form: SafeForm,
  { subtype, def }: AlterTableCmd,
  { known, direction }: Before,
  table: string,
): Promise<SafeForm> {
  const column = subtype === 'AT_AddColumn' && def && 'ColumnDef' in def ? def.ColumnDef : {}
  const isChecked = known.domains.isChecked(column)
  if (direction === 'down' || !(isChecked || isComputed(column))) return form
  const value = readPreset(constraintsOf(column))
  const computed = `(${value ? await deparseSql(value) : 'null'})::${await showType(column)}`
  const about = `The new column ${quoteName(column.colname ?? '')}`
  const check = allComputed({ table, values: [computed], about })
  return { ...form, requires: [...(form.requires ?? []), check] }
}

function knownConstraint({ known }: Before, { relation }: AlterTableStmt, { name }: AlterTableCmd) {
  return known.table(toName(relation))?.constraints.get(name ?? '')
}

async function constrainSafely(
  part: AlterPart,
  command: AlterTableCmd,
  before: Before,
): Promise<SafeForm | undefined> {
  const { relation } = part.statement
  const { table, name, constraint, sql } = nameConstraint(part, command, before)
  const { contype } = constraint
  if (relation && (contype === 'CONSTR_UNIQUE' || contype === 'CONSTR_PRIMARY'))
    return keySafely(relation, constraint, before)
  if (contype !== 'CONSTR_CHECK' && contype !== 'CONSTR_FOREIGN') return undefined
  if (constraint.skip_validation || constraint.is_enforced === false) return undefined
  // Before version 18 PostgreSQL has none of a partitioned table that is NOT VALID.
  const isPartitioned = before.known.table(toName(relation))?.isPartitioned === true
  const isOfParts = isPartitioned && contype === 'CONSTR_FOREIGN'
  const check = await preCheck(relation, name, constraint, before.known)
  const adds = await deparseSql([{ Constraint: constraint }])
  return {
    statements: isOfParts
      ? referPartitions(toName(relation), adds, name, before.known)
      : [ended(`${sql} not valid`), `alter table ${table} validate constraint ${name};`],
    requires: [
      ...(isOfParts ? [noOtherPartitions(toName(relation), before.known)] : []),
      ...(check ? [check] : []),
    ],
    isAlone: true,
  }
}

async function preCheck(
  relation: RangeVar | undefined,
  name: string,
  constraint: Constraint,
  known: KnownObjects,
) {
  const { contype, raw_expr, pktable, fk_attrs = [], fk_matchtype } = constraint
  if (contype === 'CONSTR_CHECK')
    return (
      raw_expr &&
      noViolation({
        table: constraint.is_no_inherit ? rowsOf(relation, known) : tableOf(relation),
        name,
        condition: await deparseSql(raw_expr),
      })
    )
  const targetColumns = pktable ? referredBy(constraint, known).map(quoted) : []
  if (!pktable || targetColumns.length !== fk_attrs.length) return undefined
  return noOrphans({
    table: rowsOf(relation, known),
    name,
    columns: fk_attrs.map(quoted),
    target: rowsOf(pktable, known),
    targetColumns,
    isFull: fk_matchtype === 'f',
  })
}

const quoted = (node: object): string =>
  'String' in node ? quoteName((node.String as { sval?: string }).sval ?? '') : ''

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
  const { collname, location = 0 } = column.collClause ?? {}
  const collation = readName({ List: { items: collname ?? [] } })
  const collate = location > start ? ` collate ${quoteName(collation.name, collation.schema)}` : ''
  const isNotNull = constraintsOf(column).some(({ contype }) => contype === 'CONSTR_NOTNULL')
  return {
    statements: [
      ended(Buffer.from(sql).toString('utf8', 0, start).trim() + collate),
      `alter table ${target} alter column ${quotedName} set default ${await deparseSql(value)};`,
      `update ${target} set ${quotedName} = default where ${quotedName} is null;`,
      ...(isNotNull ? requireValue(statement.relation ?? {}, name, before) : []),
    ],
    isAlone: true,
  }
}
