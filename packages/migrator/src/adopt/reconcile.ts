import { messageFrom } from '../errors/message-from.ts'
import {
  containerOf,
  lastName,
  suffixed,
  withLastName,
  type Catalog,
  type CatalogObject,
  type Difference,
} from '../catalog/index.ts'
import { failure } from '../errors/index.ts'
import { quoteName } from '../sql/quote-name.ts'
import { readStatements } from '../sql/read-statement.ts'
import { keyOf, type Classification } from './classify.ts'
import { addConstraint, createIndex, createStatements } from '../ddl/ddl.ts'
import type { Knowledge } from './knowledge.ts'

/** What a reviewed file says: which shape it leads to, from which database, and what is left as it is. */
export interface Reconciliation {
  readonly path: string
  readonly shape: string
  /** Of the database that it was written for. */
  readonly fingerprint: string
  /** Objects that nobody here knows, as `kind identity`. */
  readonly keeps: readonly string[]
  readonly statements: readonly string[]
}

const HEAD = '-- reconcile: '

/**
 * Writes what brings an unknown shape to the nearest known one, for review. What is missing is made; what is extra is
 * kept, and recorded as such; what is there and different is shown as a comment, since only a person can say whether
 * its rows bear the change.
 */
export function writeReconciliation(
  unknown: Extract<Classification, { kind: 'unknown' }>,
  fingerprint: string,
  live: Catalog,
  { shapes }: Knowledge,
): string {
  const { nearest, differences } = unknown
  const known = new Set(nearest.catalog.objects.map(keyOf))
  const renamed = new Set(unknown.renames.map(({ kind, from }) => `${kind} ${from}`))
  const later = new Set(
    shapes.flatMap(({ revision, catalog }) =>
      revision > nearest.revision ? catalog.objects.map(keyOf) : [],
    ),
  )
  const extras = live.objects.filter((one) => !known.has(keyOf(one)) && !isRenamed(one, renamed))
  const inTheWay = extras.filter((one) => later.has(keyOf(one)))
  const keeps = extras.map((one) => keyOf(later.has(keyOf(one)) ? asSetAside(one) : one))
  const missing = differences.flatMap(({ what, there }) =>
    what === 'missing' && there ? partsOf(there, nearest.catalog) : [],
  )
  const { statements, unmade } = createStatements(missing)
  const head = JSON.stringify({ shape: nearest.name, fingerprint, keeps })
  return [
    comment(
      `Brings a database to "${nearest.name}", without dropping anything. Read it, correct it, and run it with:`,
    ),
    '--   migrate adopt --reconcile FILE',
    '-- It holds for the database that it was written for, as it was then. The next line is read by the tool.',
    `${HEAD}${head}`,
    '',
    ...extras.map((one) => comment(`keeps ${keyOf(one)}, which nobody here knows`)),
    ...inTheWay.flatMap(setAside),
    ...statements.map((sql) => `${sql};`),
    ...unmade.map((name) =>
      comment(`REVIEW: ${name} is missing; write the statement that makes it.`),
    ),
    ...differences.filter(({ what }) => what === 'changed').flatMap(changed),
    '',
  ].join('\n')
}

/** Reads such a file. Throws RECONCILIATION_UNREADABLE. */
export async function readReconciliation(text: string, path: string): Promise<Reconciliation> {
  const line = text.split('\n').find((one) => one.startsWith(HEAD))
  try {
    const { shape, fingerprint, keeps } = JSON.parse(line?.slice(HEAD.length) ?? '')
    return { path, shape, fingerprint, keeps, statements: await readText(text) }
  } catch (error) {
    const reason = messageFrom(error)
    throw failure('RECONCILIATION_UNREADABLE', { path, reason }, error)
  }
}

async function readText(text: string): Promise<string[]> {
  // Comments alone are no statement to the parser, but a mistake.
  const isEmpty = text.replaceAll(/^\s*--.*$/gm, '').trim() === ''
  if (isEmpty) return []
  return (await readStatements(text, true)).map(({ sql }) => withoutComments(sql))
}

/** What a name gets behind it that a migration is going to take. */
function byHand({ identity }: CatalogObject): string {
  return suffixed(lastName(identity), '_by_hand')
}

function asSetAside(object: CatalogObject): CatalogObject {
  return { ...object, identity: withLastName(object.identity, byHand(object)) }
}

function setAside(object: CatalogObject): string[] {
  const { kind, identity } = object
  if (kind === 'index') {
    return [
      `-- A migration will make an index of this name.`,
      `alter index ${identity} rename to ${quoteName(byHand(object))};`,
    ]
  }
  const of = 'of' in object ? object.of : ''
  const names = [lastName(identity), byHand(object)].map((name) => quoteName(name)).join(' to ')
  const rename =
    kind === 'column' || kind === 'constraint' ? `alter table ${of} rename ${kind} ${names};` : ''
  return [
    comment(
      `REVIEW: a migration will make ${kind} ${identity}. Whatever uses this one has to follow:`,
    ),
    comment(rename),
  ]
}

/** A table with all of its parts, a constraint with its index. */
function partsOf(whole: CatalogObject, catalog: Catalog): CatalogObject[] {
  const parts = catalog.objects.filter(
    (one) =>
      ('of' in one && one.of === whole.identity) ||
      (one.kind === 'sequence' && containerOf(one.ownedBy ?? '') === whole.identity),
  )
  return [whole, ...(whole.kind === 'table' ? parts : [])]
}

function isRenamed(object: CatalogObject, renamed: ReadonlySet<string>): boolean {
  if (renamed.has(keyOf(object))) return true
  return object.kind === 'index' && renamed.has(`constraint ${object.constraint}`)
}

function changed({ kind, identity, changes, here, there }: Difference): string[] {
  const says = changes
    .map(
      ({ property, here: is, there: should }) =>
        `${property} is ${show(is)}, should be ${show(should)}`,
    )
    .join('; ')
  const review = comment(`REVIEW: ${kind} ${identity}: ${says}`)
  if (there?.kind === 'column') {
    const name = quoteName(lastName(identity))
    const column = `alter table ${there.of} alter column ${name}`
    return changes.flatMap(({ property }): string[] => {
      if (property === 'default')
        return [
          `${column} ${there.default === undefined ? 'drop default' : `set default ${there.default}`};`,
        ]
      if (property === 'notNull') return [`${column} ${there.notNull ? 'set' : 'drop'} not null;`]
      if (property !== 'type') return [review]
      return [review, comment(`${column} type ${there.type} using ${name}::${there.type};`)]
    })
  }
  const again =
    there?.kind === 'index' && there.constraint === undefined
      ? [`drop index ${identity}`, createIndex(there)]
      : there?.kind === 'constraint'
        ? [
            `alter table ${there.of} drop constraint ${quoteName(lastName(identity))}`,
            addConstraint(there),
          ]
        : []
  const invalid =
    here?.kind === 'index' && here.invalid
      ? ['-- The index is invalid: it was never completed.']
      : []
  return [review, ...invalid, ...again.flatMap((sql) => (sql ? [comment(`${sql};`)] : []))]
}

/** A name may hold a line break: what follows it must be no statement. */
function comment(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => `-- ${line}`)
    .join('\n')
}

function show(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value)
}

/** The parser keeps comments in front of a statement with it. */
function withoutComments(sql: string): string {
  return sql.replace(/^(\s*--[^\n]*\n)+/, '').trim()
}
