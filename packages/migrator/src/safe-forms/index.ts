import type { Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import type { Check } from '../migration.ts'
import { listGone, type Gone } from '../known/gone.ts'
import { listCommands, listNumbered, listStored } from '../known/parts.ts'
import { toKey, toName } from '../phase/release.ts'
import { findCopy, readFill, type Fill } from '../sql/fill.ts'
import { parseSql } from '../sql/parse.ts'
import { alterSafely } from './alter-table.ts'
import { countSafely } from './counting.ts'
import { dropIndexSafely, indexSafely } from './index-build.ts'
import { dropTableSafely } from './drop-table.ts'
import { nameExtensions } from './name-extensions.ts'
import { partitionSafely } from './new-partition.ts'
import { News } from './news.ts'
import { renameInstead } from './renamed-objects.ts'
import { replaceSafely } from './replaced-objects.ts'
import { joinAllowed, type Allowed, type Before, type SafeForm } from './safe-form.ts'
import { splitAlterTable, withoutComments, type AlterPart } from './split.ts'
import { dropViewSafely, replaceViews } from './views.ts'

/** One direction of a migration as a busy database survives it. */
export interface SafeStatements {
  /** Empty texts are blank lines, as a generator writes them. */
  readonly statements: readonly string[]
  /** What must hold before them: counted before any lock is taken. */
  readonly requires: readonly Check[]
  /** False where some of it must not share a transaction: an index that is built beside writes, a scan under a weak lock. */
  readonly isTransactional: boolean
  /** Where some of it must share one: the other way of the migration follows. */
  readonly isTogether?: boolean
  /** What lint refuses in them all the same, on the way up. */
  readonly allow?: Allowed
}

/**
 * Writes generated statements in the form in which neither a build nor a scan stands in anybody's way: indexes
 * CONCURRENTLY, constraints NOT VALID and validated afterwards, NOT NULL by a validated CHECK, a default that differs
 * from row to row set before it is filled in, a column that gets another type copied. Statements about tables that the
 * same text makes stay as they are: those have no rows, and nobody uses them yet. So does what has no other form. What the
 * migrations before have made is `known`, which learns from the statements.
 *
 * Source: measured on PostgreSQL 12–18; the forms are those of strong_migrations and of PostgreSQL's documentation of
 * ALTER TABLE. They run on 15 and later.
 */
export async function writeSafely(
  statements: readonly string[],
  known: KnownObjects,
  { direction = 'up', mayCopy }: Partial<Pick<Before, 'direction' | 'mayCopy'>> = {},
): Promise<SafeStatements> {
  const news = new News()
  const forms: SafeForm[] = []
  const said = new Set<string>()
  const before = { news, known, direction, ...(mayCopy !== undefined && { mayCopy }) }
  const counted = await countSafely(statements, known)
  const kept = await replaceViews(await renameInstead(counted, known), known)
  for (const one of await replaceSafely(kept, before)) {
    const written =
      typeof one === 'string' ? await formsOf(one, before) : [await askWhatIsThere(one, news)]
    for (const form of written) forms.push(await learn(form, before, said))
  }
  const isTogether = forms.some((form) => form.isTogether)
  const written = forms.filter(({ statements: texts }) => texts.some((text) => text.trim() !== ''))
  const allow = joinAllowed(forms.map((form) => form.allow))
  const isApart = written.length > 1 && written.some(({ isLong }) => isLong)
  return {
    statements: await validateLast(forms.flatMap((form) => form.statements)),
    requires: eachOnce(forms.flatMap((form) => form.requires ?? [])),
    isTransactional: isTogether || (!isApart && forms.every(({ isAlone }) => !isAlone)),
    ...(isTogether && { isTogether }),
    ...(direction === 'up' && Object.keys(allow).length > 0 && { allow }),
  }
}

function eachOnce(checks: readonly Check[]): Check[] {
  return [...new Map(checks.map((one) => [one.query, one])).values()]
}

/** A form, whose statements are known from then on; with what they need that no migration has made. */
async function learn(
  form: SafeForm,
  { known, news }: Pick<Before, 'known' | 'news'>,
  said: Set<string>,
): Promise<SafeForm> {
  const statements: string[] = []
  const gone: Gone[] = []
  const fills: Fill[] = []
  const isLost = ({ table, loss }: Gone) =>
    !(table && news.has(table)) && !(loss && findCopy(fills, loss))
  for (const sql of form.statements) {
    const nodes = (await parseSql(sql).catch(() => [])).map(({ node }) => node)
    statements.push(nameExtensions(sql, nodes, known, said))
    for (const node of nodes) {
      const fill = readFill(node)
      if (fill) fills.push(fill)
      gone.push(...listGone(node, known).filter(isLost))
      known.learn(node)
    }
  }
  return { ...form, statements, allow: joinAllowed([form.allow, ...gone.map(giveUp)]) }
}

/** A generator writes no loss that nobody has named. */
const giveUp = ({ about }: Gone): Allowed => ({
  'deletes-data': `${about} is given up, as its author said`,
})

/** A VALIDATE commits, and so comes after all of them: what drops a constraint and makes it again does so at once. */
async function validateLast(statements: readonly string[]): Promise<string[]> {
  const dropped = new Set<string>()
  const [first, last]: [string[], string[]] = [[], []]
  for (const sql of statements) {
    const [parsed] = await parseSql(withoutComments(sql)).catch(() => [])
    const keysOf = (kind: string) =>
      (parsed ? listCommands(parsed.node, kind) : []).map(
        ({ table, name }) => `${toKey(table)}.${name}`,
      )
    for (const key of keysOf('DropConstraint')) dropped.add(key)
    const isAgain = keysOf('ValidateConstraint').some((key) => dropped.has(key))
    ;(isAgain ? last : first).push(sql)
  }
  return [...first, ...last]
}

/** The forms of one statement: itself, where there is no other. `news` learns from it. */
export async function formsOf(text: string, before: Before): Promise<SafeForm[]> {
  const { news, known } = before
  const asItIs = [{ statements: [text] }]
  // What PostgreSQL cannot read is said when the file is compiled.
  const [parsed, ...others] = await parseSql(withoutComments(text)).catch(() => [])
  if (!parsed || others.length > 0) return asItIs
  const { node, sql } = parsed
  if ('AlterTableStmt' in node && !isOfNew(node, news))
    return alterInParts(await splitAlterTable(node.AlterTableStmt, sql), before)
  const form = isOfNew(node, news) ? undefined : await findForm(node, sql, before)
  const forms = form ? [await askWhatIsThere(form, news)] : asItIs
  news.add(node, known)
  return forms
}

async function findForm(node: Node, sql: string, before: Before): Promise<SafeForm | undefined> {
  if ('IndexStmt' in node) return indexSafely(node.IndexStmt, sql, before.known)
  if ('CreateStmt' in node) return partitionSafely(node.CreateStmt, sql, before)
  if (!('DropStmt' in node)) return undefined
  return (
    dropTableSafely(node, before) ??
    dropViewSafely(node, before.known) ??
    dropIndexSafely(node.DropStmt, sql, before.known)
  )
}

/** Each part meets what those before it have made. */
async function alterInParts(parts: readonly AlterPart[], before: Before): Promise<SafeForm[]> {
  const there = { ...before, known: before.known.copy() }
  const forms: SafeForm[] = []
  for (const part of parts) {
    const node = { AlterTableStmt: part.statement }
    const form = await askWhatIsThere(await alterSafely(part, there), there.news)
    forms.push({ ...form, allow: joinAllowed([form.allow, allowComputed(node)]) })
    there.news.add(node, there.known)
    there.known.learn(node)
  }
  return forms
}

/** Without the queries that would not run before the migration. */
async function askWhatIsThere(form: SafeForm, news: News): Promise<SafeForm> {
  const requires: Check[] = []
  for (const check of form.requires ?? []) {
    const placed = await news.place(check)
    if (placed) requires.push(placed)
  }
  return { ...form, requires }
}

/** Of a column that PostgreSQL gives its values at once, in every row that is there. */
function allowComputed(node: Node): Allowed {
  const numbered = listNumbered(node)
  const isKey = numbered.some(({ constraints }) =>
    constraints.some(({ contype = '' }) => KEYS.has(contype)),
  )
  return {
    ...(listStored(node).length > 0 && {
      'stored-column-rewrites':
        'no statement adds a stored generated column without writing every row',
    }),
    ...(numbered.length > 0 && { 'serial-rewrites': 'every row gets its number at once' }),
    ...(isKey && { 'inline-constraint-scans': 'the numbers are new, and the key with them' }),
  }
}

const KEYS = new Set(['CONSTR_PRIMARY', 'CONSTR_UNIQUE'])

function isOfNew(node: Node, news: News): boolean {
  if ('IndexStmt' in node) return news.has(toName(node.IndexStmt.relation))
  return 'AlterTableStmt' in node && news.has(toName(node.AlterTableStmt.relation))
}
