import type { IndexStmt, Node } from '@pgsql/types'
import type { Name } from '../migration.ts'
import { toKey, toName } from '../phase/release.ts'
import { listDropped } from './parts.ts'

interface MaterializedView {
  isFilled: boolean
  /** Unique indexes of columns alone, of all rows. */
  readonly keys: Set<string>
}

/** The materialized views that statements have made so far. */
export class KnownMaterializedViews {
  readonly #views = new Map<string, MaterializedView>()

  copy(): KnownMaterializedViews {
    const views = new KnownMaterializedViews()
    for (const [key, one] of this.#views) views.#views.set(key, { ...one, keys: new Set(one.keys) })
    return views
  }

  /** Undefined where no statement has made it. */
  find(name: Name): Readonly<MaterializedView> | undefined {
    return this.#views.get(toKey(name))
  }

  learn(node: Node): void {
    if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.objtype === 'OBJECT_MATVIEW') {
      const { rel, skipData } = node.CreateTableAsStmt.into ?? {}
      this.#views.set(toKey(toName(rel)), { isFilled: skipData !== true, keys: new Set() })
    }
    if ('RefreshMatViewStmt' in node) {
      const view = this.#views.get(toKey(toName(node.RefreshMatViewStmt.relation)))
      if (view) view.isFilled = node.RefreshMatViewStmt.skipData !== true
    }
    if ('IndexStmt' in node && isKey(node.IndexStmt)) {
      const { relation, idxname = '' } = node.IndexStmt
      this.#views.get(toKey(toName(relation)))?.keys.add(idxname)
    }
    for (const view of listDropped(node, 'OBJECT_MATVIEW')) this.#views.delete(toKey(view))
    for (const { name } of listDropped(node, 'OBJECT_INDEX'))
      for (const { keys } of this.#views.values()) keys.delete(name)
    // Under its new name it is one of which nothing is known.
    if ('RenameStmt' in node) this.#views.delete(toKey(toName(node.RenameStmt.relation)))
  }
}

function isKey({ unique, whereClause, indexParams = [] }: IndexStmt): boolean {
  const isOfColumns = indexParams.every((one) => 'IndexElem' in one && one.IndexElem.name)
  return unique === true && whereClause === undefined && isOfColumns
}
