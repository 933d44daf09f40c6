import { lastName, type Catalog, type CatalogObject } from '../catalog/index.ts'
import type { Body, Statement } from '../migration.ts'
import { parseSql } from '../sql/parse.ts'
import { quoteName } from '../sql/quote-name.ts'
import { readStatements } from '../sql/read-statement.ts'
import type { Rename } from './classify.ts'
import type { KnownShape } from './knowledge.ts'

/**
 * The statements that bring a legacy shape to the state after the migration that it joins: its own, then those of the
 * migration that make what is still missing. None for a state of ours.
 */
export async function bridgeStatements(shape: KnownShape, joined: Body): Promise<string[]> {
  if (!shape.isLegacy || shape.bridge.length === 0) return []
  const there = new Set(shape.catalog.objects.flatMap(effectKey))
  for (const sql of shape.bridge) for (const key of await madeBy(sql)) there.add(key)
  const statements = joined.kind === 'sql' ? joined.statements : []
  const missing = statements.filter(({ effects }) => makesWhatIsMissing(effects, there))
  return [...shape.bridge, ...missing.map(({ sql }) => sql)]
}

/** Gives indexes and constraints the names by which the migrations know them: a change of the catalog only. */
export function renameStatements(renames: readonly Rename[]): string[] {
  return renames.map(({ kind, of, from, to }) => {
    if (kind === 'index') return `alter index ${from} rename to ${quoteName(lastName(to))}`
    const names = [from, to].map((identity) => quoteName(lastName(identity)))
    return `alter table ${of} rename constraint ${names.join(' to ')}`
  })
}

function makesWhatIsMissing(effects: Statement['effects'], there: ReadonlySet<string>): boolean {
  const made = effects.filter(({ change }) => change === 'makes')
  return made.length > 0 && made.every(({ key }) => !there.has(key))
}

async function madeBy(sql: string): Promise<string[]> {
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

/** The key that `effectsOf` gives the statement which makes the object. */
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
