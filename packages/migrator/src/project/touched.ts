import type { Node } from '@pgsql/types'
import { toIdentity } from '../catalog/identity.ts'
import type { CatalogDelta } from '../catalog/index.ts'
import { listAlterations, type Alteration } from '../known/parts.ts'
import { DEFAULT_SCHEMA, type Migration, type Name, type Statement } from '../migration.ts'
import { toName } from '../phase/release.ts'
import { readName } from '../sql/names.ts'
import { isRecord } from '../sql/nodes.ts'
import { parseSql } from '../sql/parse.ts'

/** An object that a migration changes, makes or removes. */
export interface Touched {
  readonly kind: string
  readonly identity: string
  /** True where nothing has this name after it. */
  readonly isGone: boolean
  /** True of a column that has another type after it. */
  readonly isRetyped?: boolean
}

/** What a migration does to the schema, and the words of each of its statements. */
export interface Footprint {
  readonly touched: readonly Touched[]
  readonly words: readonly ReadonlySet<string>[]
}

/**
 * What `up` touches: as far as its statements say, and as far as its compiled file records what it changes in the
 * schema. Of code only the second is known.
 */
export async function findTouched(
  { up }: Pick<Migration, 'up'>,
  delta: CatalogDelta | null,
): Promise<Footprint> {
  const statements = up.kind === 'sql' ? up.statements : []
  const read = await Promise.all(statements.map(readOne))
  return {
    touched: [...(delta ? listDelta(delta) : []), ...read.flatMap(({ touched }) => touched)],
    words: read.map(({ words }) => words),
  }
}

function listDelta({ added, changed, removed }: CatalogDelta): Touched[] {
  const there = [...added, ...changed].map(({ kind, identity }) => ({
    kind: String(kind),
    identity: String(identity),
    isGone: false,
  }))
  return [...there, ...removed.map((one) => ({ ...one, isGone: true }))]
}

async function readOne(statement: Statement) {
  const nodes = (await parseSql(statement.sql)).map(({ node }) => node)
  const touched = [
    ...nodes.flatMap((node) => [...listAlterations(node).map(alteredBy), ...listSet(node)]),
    ...listEffects(statement, nodes),
    ...listRenamed(statement),
  ]
  return { touched, words: new Set(nodes.flatMap(listWords)) }
}

/** Those of an ALTER TABLE that are about a part of the table name it. */
const PARTS = /Column|NotNull|Identity|Expression|Statistics|Storage|Compression/

function alteredBy({ table, command, subtype, name }: Alteration): Touched {
  const { def } = command
  const isGone = /^AT_Drop(Column|Constraint)$/.test(subtype)
  if (def && 'ColumnDef' in def && subtype === 'AT_AddColumn')
    return part('column', table, def.ColumnDef.colname ?? '')
  const constraint = def && 'Constraint' in def ? def.Constraint.conname : name
  if (subtype.includes('Constraint') && constraint)
    return { ...part('constraint', table, constraint), isGone }
  if (PARTS.test(subtype) && name !== '') {
    const isRetyped = subtype === 'AT_AlterColumnType'
    return { ...part('column', table, name), isGone, ...(isRetyped && { isRetyped }) }
  }
  return whole('table', table)
}

/** The columns whose values an UPDATE sets, the type that gets another value, and what is made for a table. */
function listSet(node: Node): Touched[] {
  if ('CreateTrigStmt' in node) {
    const { relation, trigname = '' } = node.CreateTrigStmt
    return [part('trigger', toName(relation), trigname)]
  }
  if ('AlterEnumStmt' in node) {
    const names = (node.AlterEnumStmt.typeName ?? []).map((one) => readName(one).name)
    return [whole('type', { name: names.at(-1) ?? '', ...(names[1] && { schema: names[0] }) })]
  }
  if (!('UpdateStmt' in node)) return []
  const table = toName(node.UpdateStmt.relation)
  return (node.UpdateStmt.targetList ?? []).flatMap((target) =>
    'ResTarget' in target ? [part('column', table, target.ResTarget.name ?? '')] : [],
  )
}

/** What else is made or removed; the parts of a table are alterations of it. */
function listEffects({ effects }: Statement, nodes: readonly Node[]): Touched[] {
  return effects.flatMap(({ key, change }) => {
    if (/^(column|constraint|trigger|not null) of /.test(key)) return []
    const [, kind = '', name = ''] = /^(\w+) (.*)$/s.exec(key) ?? []
    const schema = findSchema(nodes, name) ?? DEFAULT_SCHEMA
    const identity = NAMED_ALONE.has(kind) ? toIdentity(name) : toIdentity(schema, name)
    return [{ kind, identity, isGone: change === 'removes' }]
  })
}

/** The schema that a name has anywhere in a parse tree. */
function findSchema(value: unknown, name: string): string | undefined {
  if (Array.isArray(value)) {
    const texts = value.map(readText)
    if (texts.length > 1 && texts.at(-1) === name) return texts.at(-2)
    return value.map((one: unknown) => findSchema(one, name)).find((one) => one !== undefined)
  }
  if (!isRecord(value)) return undefined
  const { relname, idxname, schemaname, relation } = value
  if (idxname === name && isRecord(relation)) return findSchema(relation, String(relation.relname))
  if (relname === name) return typeof schemaname === 'string' ? schemaname : undefined
  return findSchema(Object.values(value), name)
}

function readText(value: unknown): string | undefined {
  const text = isRecord(value) && isRecord(value.String) ? value.String.sval : undefined
  return typeof text === 'string' ? text : undefined
}

/** They are in no schema. */
const NAMED_ALONE: ReadonlySet<string> = new Set(['schema', 'extension'])

function listRenamed({ renames }: Statement): Touched[] {
  if (!renames) return []
  if ('schema' in renames) {
    const { from, to } = renames.schema
    return [
      { kind: 'schema', identity: toIdentity(from), isGone: true },
      { kind: 'schema', identity: toIdentity(to), isGone: false },
    ]
  }
  const { from, to, column } = renames
  return column
    ? [{ ...part('column', from, column.from), isGone: true }, part('column', from, column.to)]
    : [{ ...whole('table', from), isGone: true }, whole('table', to)]
}

function whole(kind: string, { schema = DEFAULT_SCHEMA, name }: Name): Touched {
  return { kind, identity: toIdentity(schema, name), isGone: false }
}

function part(kind: string, { schema = DEFAULT_SCHEMA, name }: Name, own: string): Touched {
  return { kind, identity: toIdentity(schema, name, own), isGone: false }
}

/** Stands among the words of a statement that takes the columns of a table as they are at the moment. */
export const WHOLE_ROW = '*'

/** Every name and text in a parse tree. */
function listWords(value: unknown): string[] {
  if (typeof value === 'string') return [value, ...listBodyWords(value)]
  if (Array.isArray(value)) return value.flatMap(listWords)
  if (!isRecord(value)) return []
  const words = Object.values(value).flatMap(listWords)
  return takesWholeRow(value) ? [...words, WHOLE_ROW] : words
}

/** The words of a text that may be a body: of DO, of a function. What a body puts together as it runs nobody knows. */
function listBodyWords(text: string): string[] {
  if (!/\s/.test(text)) return []
  const words = text.match(/[\p{L}\p{N}_$]+|\*/gu) ?? []
  return words.flatMap((word) => [word, word.toLowerCase()])
}

/** `select *`, `table item`, `like item`, and an INSERT without columns. */
function takesWholeRow({ A_Star: star, TableLikeClause: like, InsertStmt: insert }: Tree): boolean {
  return star !== undefined || like !== undefined || (isRecord(insert) && insert.cols === undefined)
}

type Tree = Readonly<Record<string, unknown>>
