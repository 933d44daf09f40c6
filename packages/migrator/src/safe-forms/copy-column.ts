import type { ColumnDef } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { KnownTable } from '../known/known-table.ts'
import { readType } from '../known/parts.ts'
import { isInPlace, isZoneChange, type TypeChange } from '../known/type-changes.ts'
import type { Check, Name } from '../migration.ts'
import { writeFill, type Fill } from '../sql/fill.ts'
import { readName } from '../sql/names.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { isNamedIn, listCopiedParts, whyNotCopied, type CopiedPart } from './copied-parts.ts'
import { nothingInTheWay } from './copy-checks.ts'
import { noDuplicates } from './pre-checks.ts'
import type { SafeForm } from './safe-form.ts'
import { constraintsOf } from './split.ts'
import { fitName, freeName } from './table.ts'

/**
 * A change of type that writes every row again, without a lock on the table for as long as that takes: a new column gets
 * the values, the old ones in batches and the others by a trigger, and takes the place of the old one in one transaction.
 *
 * A CHECK that PostgreSQL validates holds both columns together, so that no value is lost, whatever other triggers do.
 * Every statement before that transaction may run again, and leaves the old column as it is. `mayChange` of values of
 * which two may become the same.
 */
export async function copyColumn(
  change: TypeChange,
  known: KnownObjects,
  { mayChange }: { readonly mayChange: boolean },
): Promise<SafeForm> {
  const copy = await planCopy(change, known)
  return {
    statements: [
      ...beginCopy(copy),
      `${writeFill(copy.fill)};`,
      ...proveCopy(copy),
      ...copy.parts.flatMap(({ make }) => make),
      ...endCopy(copy),
    ],
    requires: [
      roomFor(copy),
      ...copy.parts.flatMap(({ name, unique }) =>
        unique && mayChange ? noDuplicates({ table: copy.target, name, ...unique }) : [],
      ),
    ],
    isTogether: true,
  }
}

/** In one transaction, the strongest lock last: the new column, and the trigger that makes its values. */
export function beginCopy({ target, old, next, ...copy }: Copy): string[] {
  const [trigger, run] = quoteTrigger(copy)
  const changes = [
    // What is replicated into the table is copied, too.
    `enable always trigger ${trigger}`,
    `add column ${next} ${copy.type}`,
    ...(copy.default ? [`alter column ${next} set default ${copy.default}`] : []),
  ]
  return [
    `create function ${run} returns trigger language plpgsql as $$ begin new.${next} := new.${old}; return new; end $$;`,
    `create trigger ${trigger} before insert or update on ${target} for each row execute function ${run};`,
    `alter table ${target} ${changes.join(', ')};`,
  ]
}

/** What it has made goes, and the old column is as it was. */
export function undoCopy({ target, next, ...copy }: Copy): string[] {
  const [trigger, run] = quoteTrigger(copy)
  return [
    `drop trigger ${trigger} on ${target};`,
    `drop function ${run};`,
    `alter table ${target} drop column ${next};`,
  ]
}

/** Once every row is filled: that it is, is held from here on. */
export function proveCopy({ target, next, isSet, ...copy }: Copy): string[] {
  const checks = [
    addCheck(copy.check, copy.condition),
    ...(isSet === undefined ? [] : [addCheck(isSet, `${next} is not null`)]),
  ]
  const validate = (name: string) => `alter table ${target} validate constraint ${quoteName(name)};`
  return [
    // An index is of no use to a planner that knows nothing of its column.
    `analyze ${target} (${next});`,
    `alter table ${target} ${checks.join(', ')};`,
    ...(isSet === undefined
      ? []
      : [
          validate(isSet),
          `alter table ${target} alter column ${next} set not null;`,
          `alter table ${target} drop constraint ${quoteName(isSet)};`,
        ]),
    validate(copy.check),
  ]
}

/** Nothing holds of the new column, as before {@link proveCopy}. */
export function undoProof({ target, next, isSet, check }: Copy): string[] {
  const isFree = isSet === undefined ? [] : [`alter column ${next} drop not null`]
  return [`alter table ${target} ${[...isFree, `drop constraint ${quoteName(check)}`].join(', ')};`]
}

const addCheck = (name: string, condition: string) =>
  `add constraint ${quoteName(name)} check (${condition}) not valid`

/** The trigger, and the function that it runs. */
function quoteTrigger({ trigger, function: { name, schema } }: Pick<Copy, 'trigger' | 'function'>) {
  return [quoteName(trigger), `${quoteName(name, schema)}()`] as const
}

/** In one transaction. The column goes first: what the archive has to keep of it is found before, beside writes. */
export function endCopy({ target, old, next, ...copy }: Copy): string[] {
  const [trigger, run] = quoteTrigger(copy)
  return [
    // With it go the CHECK and its indexes.
    `alter table ${target} drop column ${old};`,
    `alter table ${target} rename column ${next} to ${old};`,
    `drop trigger ${trigger} on ${target};`,
    `drop function ${run};`,
    ...copy.parts.map(({ takeName }) => takeName),
    ...copy.comment,
  ]
}

/** What must not be there for the copy to take the place of the column. */
export function roomFor({ target, parts, check, isSet, ...copy }: Copy): Check {
  const named = (kind: CopiedPart['kind']) => parts.filter((one) => one.kind === kind)
  const [indexes, constraints] = [named('index'), named('constraint')]
  const isSetToo = isSet === undefined ? [] : [isSet]
  return nothingInTheWay({
    table: target,
    column: copy.fill.from,
    indexes: indexes.map(({ name }) => name),
    constraints: constraints.map(({ name }) => name),
    makes: {
      column: copy.fill.to,
      function: copy.function.name,
      trigger: copy.trigger,
      // A key begins as an index.
      indexes: parts.flatMap(({ kind, unique, madeAs }) =>
        kind === 'index' || unique ? madeAs : [],
      ),
      constraints: [...constraints.map(({ madeAs }) => madeAs), check, ...isSetToo],
    },
  })
}

/** Why a type is changed by a rewrite of the table; undefined where a copy can take the place of the column. */
export function whyRewritten(change: TypeChange, known: KnownObjects): string | undefined {
  const { table: name, name: column, from, to } = change
  const table = known.table(name)
  if (!from || !table) return 'no migration here has made the column'
  if ([name.schema, name.name, column].some((one) => one !== undefined && QUOTES.test(one)))
    return 'its name has dollar signs'
  if (change.using) return 'USING says what becomes of a value'
  if (change.isToDomain) return 'the new type is a domain'
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

export function isComputedFrom({ columns }: KnownTable, column: string): boolean {
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

/** A column that takes the place of another one of another type, and what is made for it. */
export interface Copy {
  /** The table and the columns, quoted; other names are not. */
  readonly target: string
  readonly old: string
  readonly next: string
  readonly type: string
  readonly function: Name
  readonly trigger: string
  readonly check: string
  readonly fill: Fill
  /** The CHECK by which the new column is known to be set; absent of one that may be NULL. */
  readonly isSet: string | undefined
  /** Both columns have the same value. */
  readonly condition: string
  readonly default: string | undefined
  readonly comment: readonly string[]
  readonly parts: readonly CopiedPart[]
}

export async function planCopy(change: TypeChange, known: KnownObjects): Promise<Copy> {
  const { table, name, to, from } = change
  const there = known.table(table)
  const next = freeName(`${name}_new`, (one) => there?.columns.has(one) === true)
  const target = quoteName(table.name, table.schema)
  const type = await showType(to)
  const about = fitName(`${table.name}_${name}_copied`)
  const nameCheck = (one: string) =>
    freeName(one, (taken) => there?.constraints.has(taken) === true)
  const isSet = nameCheck(`${about}_is_set`)
  const value = `${quoteName(name)}::${type}`
  // A cast cuts a text that is too long, and an assignment refuses it.
  const cast = TEXTS.has(readType(to).name) ? {} : { cast: type }
  const comment = there?.comments.get(name)
  const preset = constraintsOf(from ?? {}).find(({ contype }) => contype === 'CONSTR_DEFAULT')
  return {
    target,
    old: quoteName(name),
    next: quoteName(next),
    type,
    function: { ...table, name: about },
    // Triggers run in the order of their names; this one copies what the others have made of a row.
    trigger: fitName(`zz_${about}`),
    check: nameCheck(about),
    fill: { table, from: name, to: next, ...cast },
    isSet: there?.required.has(name) ? isSet : undefined,
    condition: compare(quoteName(next), value, to),
    default: preset?.raw_expr && (await deparseSql(preset.raw_expr)),
    comment:
      comment === undefined
        ? []
        : [`comment on column ${target}.${quoteName(name)} is ${quoteLiteral(comment)};`],
    parts: await listCopiedParts(known, { table, from: name, to: next, value }),
  }
}

export async function showType({ typeName }: ColumnDef): Promise<string> {
  const type = typeName ? await deparseSql([{ TypeName: typeName }]) : ''
  return type.replace(/^pg_catalog\./, '')
}

/** A json has no equality. */
function compare(one: string, other: string, type: ColumnDef): string {
  const as = readType(type).name === 'json' ? '::text' : ''
  return `${one}${as} is not distinct from ${other}${as}`
}
