import type { ColumnDef } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { KnownTable } from '../known/known-table.ts'
import { readType } from '../known/parts.ts'
import { isInPlace, isZoneChange, type TypeChange } from '../known/type-changes.ts'
import type { Name } from '../migration.ts'
import { writeFill } from '../sql/fill.ts'
import { readName } from '../sql/names.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { isNamedIn, listCopiedParts, whyNotCopied, type CopiedPart } from './copied-parts.ts'
import { noDependants } from './pre-checks.ts'
import type { SafeForm } from './safe-form.ts'
import { constraintsOf } from './split.ts'
import { fitName } from './table.ts'

/**
 * A change of type that writes every row again, without a lock on the table for as long as that takes: a new column gets
 * the values, the old ones in batches and the others by a trigger, and takes the place of the old one in one transaction.
 *
 * A CHECK that PostgreSQL validates holds both columns together, so that no value is lost, whatever other triggers do.
 * Every statement before that transaction may run again, and leaves the old column as it is.
 */
export async function copyColumn(change: TypeChange, known: KnownObjects): Promise<SafeForm> {
  const copy = await planCopy(change, known)
  const { target, old, isSet } = copy
  const validate = (name: string) => `alter table ${target} validate constraint ${name};`
  return {
    statements: [
      ...beginCopy(copy),
      `${writeFill(copy.fill)};`,
      // An index is of no use to a planner that knows nothing of its column.
      `analyze ${target} (${copy.next});`,
      ...(isSet === undefined
        ? []
        : [
            validate(isSet),
            `alter table ${target} alter column ${copy.next} set not null;`,
            `alter table ${target} drop constraint ${isSet};`,
          ]),
      validate(quoteName(copy.check)),
      ...copy.parts.flatMap(({ make }) => make),
      ...endCopy(copy),
    ],
    requires: [noDependants({ table: target, column: old, ...namesOf(copy) })],
    isTogether: true,
  }
}

const check = (name: string, condition: string) =>
  `add constraint ${name} check (${condition}) not valid`

/** In one transaction, the strongest lock last. */
function beginCopy({ target, old, next, isSet, ...copy }: Copy): string[] {
  const changes = [
    // What is replicated into the table is copied, too.
    `enable always trigger ${copy.trigger}`,
    `add column ${next} ${copy.type}`,
    ...(copy.default ? [`alter column ${next} set default ${copy.default}`] : []),
    check(quoteName(copy.check), copy.condition),
    ...(isSet === undefined ? [] : [check(isSet, `${next} is not null`)]),
  ]
  return [
    `create function ${copy.function}() returns trigger language plpgsql as $$ begin new.${next} := new.${old}; return new; end $$;`,
    `create trigger ${copy.trigger} before insert or update on ${target} for each row execute function ${copy.function}();`,
    `alter table ${target} ${changes.join(', ')};`,
  ]
}

/** In one transaction. The column goes first: what the archive has to keep of it is found before, beside writes. */
function endCopy({ target, old, next, ...copy }: Copy): string[] {
  return [
    // With it go the CHECK and its indexes.
    `alter table ${target} drop column ${old};`,
    `alter table ${target} rename column ${next} to ${old};`,
    `drop trigger ${copy.trigger} on ${target};`,
    `drop function ${copy.function}();`,
    ...copy.parts.map(({ takeName }) => takeName),
    ...copy.comment,
  ]
}

/** Why a type is changed by a rewrite of the table; undefined where a copy can take the place of the column. */
export function whyRewritten(change: TypeChange, known: KnownObjects): string | undefined {
  const { table: name, name: column, from, to } = change
  const table = known.table(name)
  if (!from || !table) return 'no migration here has made the column'
  if ([name.schema, name.name, column].some((one) => one !== undefined && QUOTES.test(one)))
    return 'its name has dollar signs'
  if (change.using) return 'USING says what becomes of a value'
  if (to.collClause || from.collClause) return 'the column has a collation'
  if (!isSteady(from, to, known))
    return 'what a value becomes may depend on the session that writes it'
  if (table.isPartitioned || table.partitionOf) return 'the table has partitions or is one'
  if (table.sequences.has(column)) return 'a sequence belongs to the column'
  if (constraintsOf(from).some(({ contype = '' }) => COMPUTED.has(contype)))
    return 'PostgreSQL computes the column'
  if (isComputedFrom(table, column)) return 'another column is computed from it'
  if (known.viewsOf(name, column).length > 0) return 'a view reads the column'
  if (isReferred(known, name, column)) return 'a foreign key refers to the column'
  return whyNotCopied(table, { table: name, from: column })
}

/** What ends the text of a function, in a name as well. */
const QUOTES = /\$(?:fill)?\$/

/** True of a change for which nobody may wait: a table that is written again under ACCESS EXCLUSIVE. */
export function isRewrite(change: TypeChange): boolean {
  return !isInPlace(change) && !isZoneChange(change)
}

const NUMBERS = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8'])
const TEXTS = new Set(['text', 'varchar', 'bpchar'])
const READ = new Set(['int2', 'int4', 'int8', 'numeric', 'bool', 'uuid'])
const DOCUMENTS = new Set(['json', 'jsonb'])
const MOMENTS = new Set(['timestamp', 'timestamptz', 'time'])

/** Whatever a session has set, a value becomes the same one, and an assignment does what the cast does. */
function isSteady(from: ColumnDef, to: ColumnDef, known: KnownObjects): boolean {
  const [old, next] = [readType(from), readType(to)]
  if (old.isArray || next.isArray) return false
  const isOf = (types: ReadonlySet<string>, others = types) =>
    types.has(old.name) && others.has(next.name)
  const isEnum = from.typeName && known.isEnum(readName({ TypeName: from.typeName }))
  return (
    isOf(NUMBERS) ||
    isOf(TEXTS) ||
    isOf(READ, TEXTS) ||
    isOf(TEXTS, READ) ||
    isOf(DOCUMENTS) ||
    (MOMENTS.has(old.name) && old.name === next.name) ||
    (isEnum === true && TEXTS.has(next.name))
  )
}

const COMPUTED = new Set(['CONSTR_GENERATED', 'CONSTR_IDENTITY'])

function isComputedFrom({ columns }: KnownTable, column: string): boolean {
  return [...columns.values()].some((one) =>
    constraintsOf(one).some(
      ({ contype, raw_expr }) =>
        contype === 'CONSTR_GENERATED' && raw_expr && isNamedIn([raw_expr], column),
    ),
  )
}

function isReferred(known: KnownObjects, name: Name, column: string): boolean {
  return known.referencesTo(name).some(({ table, constraint }) => {
    const { pk_attrs } = known.table(table)?.constraints.get(constraint)?.definition ?? {}
    return pk_attrs === undefined || pk_attrs.some((one) => readName(one).name === column)
  })
}

interface Copy {
  /** The table and the columns, quoted. */
  readonly target: string
  readonly old: string
  readonly next: string
  readonly type: string
  readonly function: string
  readonly trigger: string
  /** Not quoted. */
  readonly check: string
  readonly fill: Parameters<typeof writeFill>[0]
  /** The CHECK by which the new column is known to be set; absent of one that may be NULL. */
  readonly isSet: string | undefined
  /** Both columns have the same value. */
  readonly condition: string
  readonly default: string | undefined
  readonly comment: readonly string[]
  readonly parts: readonly CopiedPart[]
}

async function planCopy(change: TypeChange, known: KnownObjects): Promise<Copy> {
  const { table, name, to, from } = change
  const there = known.table(table)
  const next = freeName(`${name}_new`, new Set(there?.columns.keys()))
  const target = quoteName(table.name, table.schema)
  const type = await showType(to)
  const about = fitName(`${table.name}_${name}_copied`)
  const constraints = new Set(there?.constraints.keys())
  const isSet = quoteName(freeName(`${about}_is_set`, constraints))
  // A cast cuts a text that is too long, and an assignment refuses it.
  const cast = TEXTS.has(readType(to).name) ? {} : { cast: type }
  const comment = there?.comments.get(name)
  const value = constraintsOf(from ?? {}).find(({ contype }) => contype === 'CONSTR_DEFAULT')
  return {
    target,
    old: quoteName(name),
    next: quoteName(next),
    type,
    function: quoteName(about, table.schema),
    // Triggers run in the order of their names; this one copies what the others have made of a row.
    trigger: quoteName(fitName(`zz_${about}`)),
    check: freeName(about, constraints),
    fill: { table, from: name, to: next, ...cast },
    isSet: there?.required.has(name) ? isSet : undefined,
    condition: compare(quoteName(next), `${quoteName(name)}::${type}`, to),
    default: value?.raw_expr && (await deparseSql(value.raw_expr)),
    comment:
      comment === undefined
        ? []
        : [`comment on column ${target}.${quoteName(name)} is ${quoteLiteral(comment)};`],
    parts: there ? await listCopiedParts(there, { table, from: name, to: next }) : [],
  }
}

async function showType({ typeName }: ColumnDef): Promise<string> {
  const type = typeName ? await deparseSql([{ TypeName: typeName }]) : ''
  return type.replace(/^pg_catalog\./, '')
}

/** A json has no equality. */
function compare(one: string, other: string, type: ColumnDef): string {
  const as = readType(type).name === 'json' ? '::text' : ''
  return `${one}${as} is not distinct from ${other}${as}`
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  const fitting = fitName(name)
  return taken.has(fitting) ? freeName(`${name}_too`, taken) : fitting
}

function namesOf({ parts, check }: Copy) {
  const named = (kind: CopiedPart['kind']) =>
    parts.filter((one) => one.kind === kind).map(({ name }) => name)
  return { indexes: named('index'), constraints: [...named('constraint'), check] }
}
