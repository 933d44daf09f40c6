import type { Node } from '@pgsql/types'
import { failure } from '../errors/index.ts'
import type { KnownObjects } from '../known/known-objects.ts'
import type { KnownConstraint } from '../known/known-table.ts'
import { listCommands, listDropped, readType, toWhole } from '../known/parts.ts'
import { TEXTS, WHOLE, type TypeChange } from '../known/type-changes.ts'
import { columnsIn, shown, toKey, toName } from '../phase/release.ts'
import { readOne } from '../safe-forms/renamed-objects.ts'
import { constraintsOf } from '../safe-forms/split.ts'
import { listReferences, whyNotReplaced } from '../safe-forms/why-rewritten.ts'
import { readName } from '../sql/names.ts'
import { nodesIn } from '../sql/nodes.ts'
import { deparseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { listVolatileCalls } from '../sql/volatile-calls.ts'
import { readValue } from './fills.ts'
import type { MadeValue } from './made-keys.ts'

export const nameAfter = ({ name, becomes = name }: TypeChange) => becomes

/** A number or a text that becomes a uuid: no value of the old type says which. */
export function isMade({ from, to }: TypeChange): boolean {
  const old = toWhole(readType(from ?? {}).name)
  return readType(to).name === 'uuid' && (WHOLE.has(old) || TEXTS.has(old))
}

/** Why the values of a column cannot be made beside it, in words that follow "since"; undefined where they can. */
export function whyNotMade(
  change: TypeChange,
  set: readonly TypeChange[],
  known: KnownObjects,
): string | undefined {
  const { from } = change
  const [key, ...others] = listKeys(change, set, known)
  const check = findCheck(change, known)
  if (check !== undefined)
    return `${check} says of it what no uuid is; drop that in a release before`
  if (others.length > 0) return 'it refers to several keys at once'
  if (!key && isOfSeveral(change, known))
    return 'it is one of several columns of a key, and no foreign key says to which row it refers; make that foreign key first'
  if (!key) return whyNotReplaced(change, known)
  if (leadsTo(key.change, change, set, known)) return 'it refers to a key that refers to it'
  if (key.isDeferred) return `${key.constraint} is not enforced`
  if (constraintsOf(from ?? {}).some(({ contype }) => contype === 'CONSTR_DEFAULT'))
    return 'it refers to a key, and its default is a value of that; drop the default in a release before'
  return whyNotReplaced(change, known)
}

function findCheck({ table, name }: TypeChange, known: KnownObjects): string | undefined {
  const all = [...(known.table(table)?.constraints ?? [])]
  const isOf = ({ type, columns, definition: { raw_expr } }: KnownConstraint) =>
    type === 'CONSTR_CHECK' &&
    (columns.includes(name) || (raw_expr !== undefined && columnsIn([raw_expr]).includes(name)))
  return all.find(([, one]) => isOf(one))?.[0]
}

/** What is random there would tell its rows from no others. */
function isOfSeveral({ table, name }: TypeChange, known: KnownObjects): boolean {
  return [...(known.table(table)?.constraints.values() ?? [])].some(
    ({ type, columns }) =>
      type === 'CONSTR_PRIMARY' && columns.length > 1 && columns.includes(name),
  )
}

interface Key {
  readonly change: TypeChange
  readonly constraint: string
  readonly isDeferred: boolean
}

/** The columns of a set to which a column refers. */
function listKeys(
  { table, name }: TypeChange,
  set: readonly TypeChange[],
  known: KnownObjects,
): Key[] {
  return set.flatMap((change) =>
    listReferences(known, change.table, change.name).flatMap((one) => {
      if (toKey(one.table) !== toKey(table) || !one.columns.includes(name)) return []
      const definition = known.table(table)?.constraints.get(one.name)?.definition
      const isDeferred = definition?.is_enforced !== true
      return [{ change, constraint: one.name, isDeferred }]
    }),
  )
}

function leadsTo(
  from: TypeChange,
  to: TypeChange,
  set: readonly TypeChange[],
  known: KnownObjects,
  seen: readonly TypeChange[] = [],
): boolean {
  if (from === to) return true
  if (seen.includes(from)) return false
  return listKeys(from, set, known).some(({ change }) =>
    leadsTo(change, to, set, known, [...seen, from]),
  )
}

interface MadeContext {
  readonly known: KnownObjects
  /** What was answered; what is for a key is taken out. */
  readonly fills: Map<string, string>
}

/**
 * How each value of a set is made that no cast gives, and the changes in the order in which their rows are filled: a key comes
 * before what refers to it. `isCount` is true of a statement about a sequence that counts an old key, which goes with it.
 * Throws KEY_UNDECIDED.
 */
export async function planMade(
  set: readonly TypeChange[],
  up: readonly string[],
  { known, fills }: MadeContext,
) {
  const nodes = (await Promise.all(up.map(readOne))).flatMap((node) => node ?? [])
  const made = new Map<TypeChange, MadeValue>()
  const left = new Set(set)
  for (const change of inOrder(set, known)) {
    left.delete(change)
    if (!isMade(change)) continue
    const [key] = listKeys(change, set, known)
    const of = key && made.get(key.change)
    const value = of ?? (await decideValue(change, nodes, fills))
    const sequence = known.table(change.table)?.sequences.get(change.name)
    made.set(change, {
      change,
      value: value.value,
      // A reference takes nothing that another row has made for it.
      isOfRow: value.isOfRow || of?.key !== undefined,
      ...((of?.isCast ?? isCastOf(change, value.value)) && { isCast: true }),
      ...(!of && isText(change) && (await findPreset(change, nodes))),
      ...(sequence !== undefined && { sequence }),
      ...(key && { key: key.change }),
    })
  }
  const all = [...made.values()]
  const isCount = (node: Node) => all.some((one) => isSequenceOf(node, one))
  return { changes: inOrder(set, known), made: all, isCount }
}

/** A statement that makes, sets or drops the sequence that counts the old column. */
function isSequenceOf(node: Node, { change: { table }, sequence }: MadeValue): boolean {
  if (sequence === undefined) return false
  const own = { ...table, name: sequence }
  if ('CreateSeqStmt' in node) return toKey(toName(node.CreateSeqStmt.sequence)) === toKey(own)
  if (listDropped(node, 'OBJECT_SEQUENCE').some((one) => toKey(one) === toKey(own))) return true
  const names = new Set([sequence, quoteName(sequence), quoteName(sequence, table.schema)])
  return nodesIn(node, 'FuncCall').some(
    ({ funcname, args }) =>
      readName(Array.isArray(funcname) ? funcname.at(-1) : undefined).name === 'setval' &&
      nodesIn(args, 'sval').some(({ sval }) => names.has(String(sval))),
  )
}

/** True of what takes away how an old column gets its values: that goes with it. */
export function endsCount(node: Node, made: readonly MadeValue[]): boolean {
  return listCommands(node, 'ColumnDefault', 'DropIdentity').some(
    ({ table, name, command: { def } }) =>
      !def &&
      made.some(({ change }) => toKey(change.table) === toKey(table) && nameAfter(change) === name),
  )
}

/**
 * MikroORM gives a key and what refers to it another type by two steps, and takes away the foreign key after the first one: what
 * takes it away, and the rest.
 */
export async function splitDetaching(
  texts: readonly string[],
): Promise<[detaching: string[], others: string[]]> {
  const nodes = await Promise.all(texts.map(readOne))
  const isDetaching = (n: number) => {
    const node = nodes[n]
    return node !== undefined && listCommands(node, 'DropConstraint').length > 0
  }
  return [texts.filter((_, n) => isDetaching(n)), texts.filter((_, n) => !isDetaching(n))]
}

const isCastOf = ({ name }: TypeChange, value: string) =>
  [name, quoteName(name)].some((column) => value.replaceAll(' ', '') === `${column}::uuid`)

function inOrder(set: readonly TypeChange[], known: KnownObjects): TypeChange[] {
  const depth = (change: TypeChange): number =>
    Math.max(0, ...listKeys(change, set, known).map((key) => depth(key.change) + 1))
  return set.some(isMade) ? set.toSorted((one, other) => depth(one) - depth(other)) : [...set]
}

/** What was answered, or the new default where each row has another one. Throws KEY_UNDECIDED, and PROJECT_INVALID. */
async function decideValue(
  change: TypeChange,
  nodes: readonly Node[],
  fills: Map<string, string>,
): Promise<{ readonly value: string; readonly isOfRow: boolean }> {
  const column = `${shown(change.table)}.${nameAfter(change)}`
  const answer = fills.get(column)
  fills.delete(column)
  if (answer !== undefined) {
    return { value: answer, isOfRow: columnsIn(await readValue(answer)).length > 0 }
  }
  if (isText(change)) throw failure('KEY_UNDECIDED', { column })
  const { preset = 'gen_random_uuid()' } = await findPreset(change, nodes)
  return { value: preset, isOfRow: false }
}

const isText = ({ from }: TypeChange) => TEXTS.has(readType(from ?? {}).name)

/** The new default of a column, where each row has another one. */
async function findPreset(
  change: TypeChange,
  nodes: readonly Node[],
): Promise<{ readonly preset?: string }> {
  const preset = nodes
    .flatMap((node) => listCommands(node, 'ColumnDefault'))
    .find((one) => toKey(one.table) === toKey(change.table) && one.name === nameAfter(change))
    ?.command.def
  return preset && listVolatileCalls(preset).length > 0 ? { preset: await deparseSql(preset) } : {}
}
