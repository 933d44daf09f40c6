import { lastName, renderDifferences, suffixed, type Catalog } from '../catalog/index.ts'
import { list } from '../errors/list.ts'
import type { EntityTable } from '../project/project.ts'
import type { ComparedEntities } from '../scratch/compare-entities.ts'
import type { Finding } from './finding.ts'

/**
 * What the snapshot of the entities has, and the schema after the newest migration has not: the migration that made it
 * was deleted, or edited. Names alone are compared; what only the schema has may be the work of SQL by hand.
 */
export function findUnmade(tables: readonly EntityTable[], head: Catalog | undefined): Finding[] {
  if (!head) return []
  const there = new Set(head.objects.flatMap(namesOf))
  const names = tables.flatMap((table) => {
    const name = kept(table.name)
    const parts = table.parts.map((part) => `${name}.${kept(part)}`)
    return there.has(name) ? parts.filter((part) => !there.has(part)) : [name]
  })
  if (names.length === 0) return []
  const says = `No migration makes what the snapshot of the entities has:${list(names)}
Was a migration deleted? Restore its files and its entry in the manifest from version control. If it is to go, restore the snapshot as it was before it.`
  const next = [{ command: 'create', why: 'After that, to write what the entities need' }] as const
  return [{ about: 'entities', exit: 'integrity', says, next }]
}

/** What a comparison of the entities with the migrations has found; empty where the migrations make all of it. */
export function describeUnmade({ unmade, unmakable }: ComparedEntities = { unmade: [] }): string {
  if (unmakable !== undefined)
    return `An empty database refuses what the entities say, so nothing proves that the migrations make it: ${unmakable}`
  if (unmade.length === 0) return ''
  const names = { here: 'What the migrations make', there: 'what the entities say' }
  return renderDifferences([...unmade], names).trimEnd()
}

/** The same as a finding. */
export function findUncreated(compared: ComparedEntities): Finding[] {
  const says = describeUnmade(compared)
  if (says === '') return []
  if (compared.unmakable !== undefined) return [{ about: 'entities', exit: 'done', says }]
  const blank = { command: 'create', options: { blank: true } } as const
  return [
    {
      about: 'entities',
      exit: 'integrity',
      says,
      next: [{ ...blank, why: 'To write by hand what create does not see' }],
    },
  ]
}

/** Without schemas: a snapshot may leave them out. */
function namesOf(object: Catalog['objects'][number]): string[] {
  const { kind, identity } = object
  if (kind === 'table' || kind === 'view' || kind === 'materialized-view')
    return [lastName(identity)]
  if (kind !== 'column' && kind !== 'index' && kind !== 'constraint') return []
  return [`${lastName(object.of)}.${lastName(identity)}`]
}

/** A name as PostgreSQL keeps it. */
function kept(name: string): string {
  return suffixed(name, '')
}
