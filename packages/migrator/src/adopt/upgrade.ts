import type { Node } from '@pgsql/types'
import { lastName, type Catalog, type CatalogObject } from '../catalog/index.ts'
import type { Body, Statement } from '../migration.ts'
import { parseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { readStatements } from '../sql/read-statement.ts'
import type { KnownSchema } from './known-schemas.ts'
import type { Promotion, Rename } from './match-schema.ts'

/**
 * Lists the statements that bring a legacy schema to the schema after the migration it joins: its own upgrade, then
 * the statements of that migration that make what is still missing. None for the schema after a migration.
 */
export async function upgradeStatements(schema: KnownSchema, joined: Body): Promise<string[]> {
  if (!schema.isLegacy || schema.upgrade.length === 0) return []
  const existing = new Set(schema.catalog.objects.flatMap(effectKey))
  for (const sql of schema.upgrade) for (const key of await readEffects(sql)) existing.add(key)
  const statements = joined.kind === 'sql' ? joined.statements : []
  const missing = statements.filter(({ effects }) => makesOnlyMissing(effects, existing))
  return [...schema.upgrade, ...missing.map(({ sql }) => sql)]
}

/** Gives indexes and constraints the names that the migrations use: a change of the catalog only. */
export function renameStatements(renames: readonly Rename[]): string[] {
  return renames.map(({ kind, of, from, to }) => {
    if (kind === 'index') return `alter index ${from} rename to ${quoteName(lastName(to))}`
    const names = [from, to].map((identity) => quoteName(lastName(identity)))
    return `alter table ${of} rename constraint ${names.join(' to ')}`
  })
}

/** Makes constraints of the unique indexes that are in their place: a change of the catalog only. */
export function promoteStatements(promotions: readonly Promotion[]): string[] {
  return promotions.map(({ of, index, constraint }) => {
    const [name, from] = [constraint, index].map((identity) => quoteName(lastName(identity)))
    return `alter table ${of} add constraint ${name} unique using index ${from}`
  })
}

/** Splits statements into those that run before the repairs and those that add constraints, which run after them. */
export async function splitAtRepairs(
  statements: readonly string[],
): Promise<{ before: string[]; after: string[] }> {
  const [before, after]: [string[], string[]] = [[], []]
  for (const sql of statements) {
    const isConstraint = (await parseSql(sql)).some(({ node }) => addsConstraint(node))
    ;(isConstraint ? after : before).push(sql)
  }
  return { before, after }
}

function addsConstraint(node: Node): boolean {
  if ('IndexStmt' in node) return node.IndexStmt.unique ?? false
  if (!('AlterTableStmt' in node)) return false
  return (node.AlterTableStmt.cmds ?? []).some(
    (cmd) =>
      'AlterTableCmd' in cmd &&
      ['AT_AddConstraint', 'AT_SetNotNull'].includes(cmd.AlterTableCmd.subtype ?? ''),
  )
}

function makesOnlyMissing(effects: Statement['effects'], existing: ReadonlySet<string>): boolean {
  const made = effects.filter(({ change }) => change === 'makes')
  return made.length > 0 && made.every(({ key }) => !existing.has(key))
}

async function readEffects(sql: string): Promise<string[]> {
  const statements = await readStatements(sql, true)
  const renamed = (await parseSql(sql)).flatMap(({ node }) => {
    if (!('RenameStmt' in node)) return []
    const { renameType, relation, newname = '' } = node.RenameStmt
    if (renameType === 'OBJECT_TABLE') return [`table ${newname}`]
    if (renameType === 'OBJECT_INDEX') return [`index ${newname}`]
    if (renameType === 'OBJECT_TABCONSTRAINT')
      return [`constraint of ${relation?.relname} ${newname}`]
    return []
  })
  return [...statements.flatMap(({ effects }) => effects.map(({ key }) => key)), ...renamed]
}

/** The key of the effect that makes an object, as `effects` of a statement has it. */
function effectKey(object: Catalog['objects'][number]): string[] {
  const { kind } = object
  if (kind === 'column') return [`column of ${lastName(object.of)} ${lastName(object.identity)}`]
  if (kind === 'constraint')
    return [`constraint of ${lastName(object.of)} ${lastName(object.identity)}`]
  return [`${kindOfEffect(kind)} ${lastName(object.identity)}`]
}

function kindOfEffect(kind: CatalogObject['kind']): string {
  if (kind === 'enum' || kind === 'composite-type' || kind === 'range') return 'type'
  return kind === 'materialized-view' ? 'table' : kind
}
