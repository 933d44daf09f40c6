import type { Node } from '@pgsql/types'
import type { KnownObjects } from '../known/known-objects.ts'
import { toName } from '../phase/release.ts'
import { quoteName } from '../sql/quote-name.ts'
import { findRenaming } from '../sql/renaming.ts'
import type { PreCheck } from './pre-checks.ts'
import { tableOf } from './table.ts'

/** What is not there yet before a migration, by the names that its statements use. */
export class News {
  /** Tables that it makes: nobody uses them yet. */
  readonly tables = new Set<string>()
  /** Tables that it renames, under their new names. */
  readonly #renamed = new Set<string>()
  readonly #columns = new Set<string>()

  /** Of a statement that is not learnt yet: IF NOT EXISTS makes nothing of what is `known`. */
  add(node: Node, known: KnownObjects): void {
    const made =
      'CreateStmt' in node
        ? node.CreateStmt
        : 'CreateTableAsStmt' in node
          ? { ...node.CreateTableAsStmt, relation: node.CreateTableAsStmt.into?.rel }
          : undefined
    if (made && !(made.if_not_exists && known.table(toName(made.relation))))
      this.tables.add(tableOf(made.relation))
    const renaming = findRenaming(node)
    if (renaming && 'to' in renaming) {
      const table = quoteName(renaming.to.name, renaming.to.schema)
      if (renaming.column) this.#columns.add(`${table}.${quoteName(renaming.column.to)}`)
      else this.#renamed.add(table)
    }
    if (!('AlterTableStmt' in node)) return
    const { relation, cmds = [] } = node.AlterTableStmt
    for (const cmd of cmds) {
      if (!('AlterTableCmd' in cmd) || cmd.AlterTableCmd.subtype !== 'AT_AddColumn') continue
      const { def } = cmd.AlterTableCmd
      if (!def || !('ColumnDef' in def)) continue
      this.#columns.add(`${tableOf(relation)}.${quoteName(def.ColumnDef.colname ?? '')}`)
    }
  }

  /** The same news, to look one statement further. */
  copy(): News {
    const news = new News()
    for (const table of this.tables) news.tables.add(table)
    for (const table of this.#renamed) news.#renamed.add(table)
    for (const column of this.#columns) news.#columns.add(column)
    return news
  }

  /** Whether a query names something of it, and so cannot run before the migration. */
  isIn({ tables, columns }: PreCheck): boolean {
    const isNew = (table: string) => this.tables.has(table) || this.#renamed.has(table)
    return (
      tables.some(isNew) || columns.some((column) => this.#columns.has(`${tables[0]}.${column}`))
    )
  }
}
