import type { ColumnDef } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { readType, toWhole } from '../known/parts.ts'
import { TEXTS, type TypeChange } from '../known/type-changes.ts'
import type { Check, Name } from '../migration.ts'
import { toKey } from '../phase/release.ts'
import { writeFill, type Fill } from '../sql/fill.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteLiteral } from '../sql/quote-literal.ts'
import { quoteName } from '../sql/quote-name.ts'
import { listCopiedParts, type CopiedColumn, type CopiedPart } from './copied-parts.ts'
import {
  nothingInTheWay,
  nothingLost,
  type CountingSequence,
  type PlannedCopy,
} from './copy-checks.ts'
import { planCount, type Count } from './copied-count.ts'
import { noDuplicates } from './pre-checks.ts'
import type { SafeForm } from './safe-form.ts'
import { constraintsOf } from './split.ts'
import { fitName, freeName } from './table.ts'
import { listReferences } from './why-rewritten.ts'

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
  const [copy] = await planCopies([change], known)
  if (!copy) return { statements: [] }
  return {
    statements: [
      ...beginCopy(copy),
      `${writeFill(copy.fill)};`,
      ...proveCopy(copy),
      ...copy.parts.flatMap(({ make }) => make),
      ...endCopy(copy),
    ],
    requires: [
      roomFor(copy, [copy]),
      ...copy.parts.flatMap(({ name, unique }) =>
        unique && mayChange ? noDuplicates({ table: copy.target, name, ...unique }) : [],
      ),
    ],
    isTogether: true,
  }
}

/** In one transaction, the strongest lock last: the new column, and the trigger that makes its values. */
export function beginCopy({ target, next, ...copy }: Copy): string[] {
  const [trigger, run] = quoteTrigger(copy)
  const changes = [
    // What is replicated into the table is copied, too.
    `enable always trigger ${trigger}`,
    `add column ${next} ${copy.type}`,
    ...(copy.default ? [`alter column ${next} set default ${copy.default}`] : []),
  ]
  return [
    `create function ${run} returns trigger language plpgsql${copy.path ?? ''} as $$ begin ${copy.assign} return new; end $$;`,
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

/** In one transaction. The old column goes first: what the archive has to keep of it is found before, beside writes. */
export function endCopy({ target, old, next, keepsName, ...copy }: Copy): string[] {
  const [trigger, run] = quoteTrigger(copy)
  const name = keepsName ? next : old
  return [
    ...(copy.count?.move ?? []),
    // With it go the CHECK and its indexes.
    `alter table ${target} drop column ${old};`,
    ...(keepsName ? [] : [`alter table ${target} rename column ${next} to ${old};`]),
    `drop trigger ${trigger} on ${target};`,
    `drop function ${run};`,
    ...(copy.count?.takeName ?? []),
    ...copy.parts.map(({ takeName }) => takeName),
    ...(copy.remark === undefined
      ? []
      : [`comment on column ${target}.${name} is ${quoteLiteral(copy.remark)};`]),
  ]
}

/** What must not be there for the copy to take the place of the column, beside the others of these. */
export function roomFor(copy: Copy, copies: readonly Copy[]): Check {
  return nothingInTheWay(toPlanned(copy, copies))
}

/** What must not have come since then. */
export function keepsAll(copy: Copy, copies: readonly Copy[]): Check {
  const { constraints, ...planned } = toPlanned(copy, copies)
  return nothingLost({ ...planned, constraints: [...constraints, copy.check] })
}

function toPlanned(
  { target, check, isSet, remark, ...copy }: Copy,
  copies: readonly Copy[],
): PlannedCopy {
  const parts = copies.flatMap((one) => (one.target === target ? one.parts : []))
  const named = (kind: CopiedPart['kind']) => parts.filter((one) => one.kind === kind)
  const [indexes, constraints] = [named('index'), named('constraint')]
  const isSetToo = isSet === undefined ? [] : [isSet]
  const { count, sequence = count?.sequence } = copy
  return {
    table: target,
    column: copy.fill.from,
    indexes: indexes.map(({ name }) => name),
    constraints: constraints.map(({ name }) => name),
    references: copy.references,
    ...(sequence && { sequence }),
    ...(remark !== undefined && { comment: remark }),
    makes: {
      column: copy.fill.to,
      function: copy.function.name,
      trigger: copy.trigger,
      // A key begins as an index.
      indexes: [
        ...parts.flatMap(({ kind, unique, madeAs }) => (kind === 'index' || unique ? madeAs : [])),
        ...(count?.makes ?? []),
      ],
      constraints: [...constraints.map(({ madeAs }) => madeAs), check, ...isSetToo],
    },
  }
}

/** A column that takes the place of another one of another type, and what is made for it. */
export interface Copy {
  /** The table and the columns, quoted; other names are not. */
  readonly target: string
  readonly old: string
  readonly next: string
  /** The new column has the name already that it has afterwards. */
  readonly keepsName: boolean
  readonly type: string
  readonly oldType: string
  readonly function: Name
  readonly trigger: string
  readonly check: string
  readonly fill: Fill
  /** What the new column gets in a row that is there, as SQL. */
  readonly value: string
  /** What the trigger does with a row that is written, as PL/pgSQL, and where it finds what that names. */
  readonly assign: string
  readonly path?: string
  /** The CHECK by which the new column is known to be set; absent of one that may be NULL. */
  readonly isSet: string | undefined
  /** Both columns have the same value, or one that is of the other. */
  readonly condition: string
  readonly default: string | undefined
  /** What migrations say of the old column. */
  readonly remark: string | undefined
  readonly parts: readonly CopiedPart[]
  /** Of a column that is counted. */
  readonly count?: Count
  /** Of a column that is counted, where the new one is not: the sequence goes with it. */
  readonly sequence?: CountingSequence
  /** The foreign keys that refer to the old column. */
  readonly references: readonly string[]
}

/** Columns that are copied together, in the order in which they are given; what is made of several of a table is the last one's. */
export async function planCopies(
  changes: readonly TypeChange[],
  known: KnownObjects,
): Promise<Copy[]> {
  const copied: CopiedColumn[] = []
  for (const { table, name, becomes, from, to } of changes) {
    const there = known.table(table)
    const next = becomes ?? freeName(`${name}_new`, (one) => there?.columns.has(one) === true)
    const collate = from?.collClause && !to.collClause ? ' collate pg_catalog."default"' : ''
    const value = `${quoteName(name)}::${await writeColumnType(to)}${collate}`
    copied.push({ table, from: name, to: next, value })
  }
  const copies: Copy[] = []
  for (const [n, change] of changes.entries()) {
    const one = copied[n]
    const isLast = !changes.slice(n + 1).some(({ table }) => toKey(table) === toKey(change.table))
    const parts = isLast ? await listCopiedParts(known, change.table, copied) : []
    if (!one) continue
    const isTaken = (run: Name) =>
      known.names.hadFunction(run) || copies.some((other) => toKey(other.function) === toKey(run))
    copies.push({ ...(await planColumn(change, one, { known, isTaken })), parts })
  }
  return copies
}

interface There {
  readonly known: KnownObjects
  /** True of the name of a function. */
  readonly isTaken: (name: Name) => boolean
}

async function planColumn(
  { table, name, becomes, to, from }: TypeChange,
  { to: next, value }: CopiedColumn,
  { known, isTaken }: There,
): Promise<Omit<Copy, 'parts'>> {
  const there = known.table(table)
  const target = quoteName(table.name, table.schema)
  const about = freeName(`${table.name}_${name}_copied`, (one) => isTaken({ ...table, name: one }))
  const nameCheck = (one: string) =>
    freeName(one, (taken) => there?.constraints.has(taken) === true)
  const isSet = nameCheck(`${about}_is_set`)
  // A cast cuts a text that is too long, and an assignment refuses it.
  const cast: Pick<Fill, 'cast'> = TEXTS.has(readType(to).name) ? {} : { cast: await showType(to) }
  const preset = constraintsOf(from ?? {}).find(({ contype }) => contype === 'CONSTR_DEFAULT')
  const count = await planCount({ table, name, to, from }, next, known)
  return {
    target,
    old: quoteName(name),
    next: quoteName(next),
    keepsName: becomes !== undefined,
    type: await writeColumnType(to),
    oldType: await showType(from ?? {}),
    function: { ...table, name: about },
    // Triggers run in the order of their names; this one copies what the others have made of a row.
    trigger: fitName(`zz_${about}`),
    check: nameCheck(about),
    fill: { table, from: name, to: next, ...cast },
    value: cast.cast === undefined ? quoteName(name) : `${quoteName(name)}::${cast.cast}`,
    assign: `new.${quoteName(next)} := new.${quoteName(name)};`,
    isSet: there?.required.has(name) ? isSet : undefined,
    condition: compare(quoteName(next), value, to),
    // The number that is counted is the old column's until the last step.
    default: count ? undefined : preset?.raw_expr && (await deparseSql(preset.raw_expr)),
    remark: there?.comments.get(name),
    ...(count && { count }),
    references: listReferences(known, table, name).map((one) => one.name),
  }
}

/** As SQL; of a column that counts, the type of its numbers. */
export async function showType({ typeName }: ColumnDef): Promise<string> {
  if (!typeName) return ''
  const { name } = readType({ typeName })
  if (toWhole(name) !== name) return toWhole(name)
  return (await deparseSql([{ TypeName: typeName }])).replace(/^pg_catalog\./, '')
}

/** The type of a column with its collation, as SQL; of one that counts, the numbers that it counts with. */
export async function writeColumnType(column: ColumnDef): Promise<string> {
  const { collClause } = column
  const collation = collClause ? ` ${await deparseSql([{ CollateClause: collClause }])}` : ''
  return `${await showType(column)}${collation}`
}

/** A json has no equality. */
function compare(one: string, other: string, type: ColumnDef): string {
  const as = readType(type).name === 'json' ? '::text' : ''
  return `${one}${as} is not distinct from ${other}${as}`
}
