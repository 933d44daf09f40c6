import { messageFrom } from '../errors/message-from.ts'
import {
  withoutLastName,
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
import { objectKey, type SchemaMatch } from './match-schema.ts'
import { addConstraint, createIndex, createStatements } from '../ddl/ddl.ts'
import type { KnownSchemas } from './known-schemas.ts'

/** A reviewed file that brings one database to a known schema. */
export interface Reconciliation {
  readonly path: string
  readonly knownSchema: string
  /** Of the database that the file was written for. */
  readonly fingerprint: string
  /** Objects that are kept although no migration makes them, as `kind identity`. */
  readonly unmanaged: readonly string[]
  readonly statements: readonly string[]
}

const HEAD = '-- reconcile: '

/**
 * Writes, for review, the statements that bring an unknown schema to the nearest known one. Missing objects are made;
 * extra objects are kept and recorded as unmanaged; a change of an object is a comment, since only a person knows
 * whether its rows allow the change.
 * @example
 * const { plan, live, knownSchemas } = await planAdoption(project, target, { decisions: parseDecisions([]) })
 * if (plan.match.kind === 'unknown') console.log(writeReconciliation(plan.match, plan.fingerprint, live, knownSchemas))
 */
export function writeReconciliation(
  unknown: Extract<SchemaMatch, { kind: 'unknown' }>,
  fingerprint: string,
  live: Catalog,
  { schemas }: KnownSchemas,
): string {
  const { nearest, differences } = unknown
  const known = new Set(nearest.catalog.objects.map(objectKey))
  const renamed = new Set(unknown.renames.map(({ kind, from }) => `${kind} ${from}`))
  const later = new Set(
    schemas.flatMap(({ revision, catalog }) =>
      revision > nearest.revision ? catalog.objects.map(objectKey) : [],
    ),
  )
  const extras = live.objects.filter(
    (one) => !known.has(objectKey(one)) && !isRenamed(one, renamed),
  )
  const conflicting = extras.filter((one) => later.has(objectKey(one)))
  const unmanaged = extras.map((one) =>
    objectKey(later.has(objectKey(one)) ? asSetAside(one) : one),
  )
  const missing = differences.flatMap(({ what, there }) =>
    what === 'missing' && there ? withParts(there, nearest.catalog) : [],
  )
  const { statements, unmade } = createStatements(missing)
  return [
    ...header({ knownSchema: nearest.name, fingerprint, unmanaged }),
    ...extras.map((one) => comment(`keeps ${objectKey(one)}, which no migration makes`)),
    ...conflicting.flatMap(setAside),
    ...statements.map(({ sql }) => `${sql};`),
    ...unmade.map((name) =>
      comment(`REVIEW: ${name} is missing; write the statement that makes it.`),
    ),
    ...differences.filter(({ what }) => what === 'changed').flatMap(proposeChange),
    '',
  ].join('\n')
}

function header(
  facts: Pick<Reconciliation, 'knownSchema' | 'fingerprint' | 'unmanaged'>,
): string[] {
  return [
    comment(
      `Brings a database to "${facts.knownSchema}" without dropping anything. Read it, correct it, and run it with:`,
    ),
    '--   adopt, with this file as the reconciliation',
    '-- It is valid only for the database it was written for, as it was then. The tool reads the next line.',
    `${HEAD}${JSON.stringify(facts)}`,
    '',
  ]
}

/**
 * Reads a file that `writeReconciliation` wrote and a person has reviewed. Throws RECONCILIATION_UNREADABLE.
 * @example
 * const reconciliation = await readReconciliation(readFileSync('reconcile.sql', 'utf8'), 'reconcile.sql')
 */
export async function readReconciliation(text: string, path: string): Promise<Reconciliation> {
  const line = text.split('\n').find((one) => one.startsWith(HEAD))
  try {
    const { knownSchema, fingerprint, unmanaged } = JSON.parse(line?.slice(HEAD.length) ?? '')
    if (typeof knownSchema !== 'string' || !Array.isArray(unmanaged)) {
      throw new TypeError(`its line "${HEAD}…" is not one that this release writes`)
    }
    return { path, knownSchema, fingerprint, unmanaged, statements: await readReviewed(text) }
  } catch (error) {
    const reason = messageFrom(error)
    throw failure('RECONCILIATION_UNREADABLE', { path, reason }, error)
  }
}

async function readReviewed(text: string): Promise<string[]> {
  // The parser refuses a text that consists of comments.
  const isEmpty = text.replaceAll(/^\s*--.*$/gm, '').trim() === ''
  if (isEmpty) return []
  return (await readStatements(text, true)).map(({ sql }) => withoutComments(sql))
}

/** The name that an object gets whose name a migration needs. */
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
      `-- A migration makes an index of this name.`,
      `alter index ${identity} rename to ${quoteName(byHand(object))};`,
    ]
  }
  const of = 'of' in object ? object.of : ''
  const names = [lastName(identity), byHand(object)].map((name) => quoteName(name)).join(' to ')
  const rename =
    kind === 'column' || kind === 'constraint' ? `alter table ${of} rename ${kind} ${names};` : ''
  return [
    comment(
      `REVIEW: a migration makes ${kind} ${identity}. Rename this one, and whatever uses it:`,
    ),
    comment(rename),
  ]
}

/** An object; a table with its columns, constraints, indexes and sequences. */
function withParts(whole: CatalogObject, catalog: Catalog): CatalogObject[] {
  const parts = catalog.objects.filter(
    (one) =>
      ('of' in one && one.of === whole.identity) ||
      (one.kind === 'sequence' && withoutLastName(one.ownedBy ?? '') === whole.identity),
  )
  return [whole, ...(whole.kind === 'table' ? parts : [])]
}

function isRenamed(object: CatalogObject, renamed: ReadonlySet<string>): boolean {
  if (renamed.has(objectKey(object))) return true
  return object.kind === 'index' && renamed.has(`constraint ${object.constraint}`)
}

function proposeChange({ kind, identity, changes, here, there }: Difference): string[] {
  const change = changes
    .map(
      ({ property, here: is, there: should }) =>
        `${property} is ${showValue(is)}, should be ${showValue(should)}`,
    )
    .join('; ')
  const review = comment(`REVIEW: ${kind} ${identity}: ${change}`)
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

function showValue(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value)
}

/** The parser keeps the comments before a statement as part of it. */
function withoutComments(sql: string): string {
  return sql.replace(/^(\s*--[^\n]*\n)+/, '').trim()
}
