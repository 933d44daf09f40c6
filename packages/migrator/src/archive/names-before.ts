import type { Name, Renaming, Statement } from '../migration.ts'

/** Tells by what name a table or a column went before, which a later statement knows by another. */
export interface Current {
  table(name: Name): Name
  column(table: Name, column: string): string
}

export interface NamesBefore extends Current {
  follow(statement: Statement): void
}

/** The names that objects have before the run, by those that they have at this point of the plan. */
export function namesBefore(): NamesBefore {
  const renamings: Renaming[] = []
  const tableBefore = (name: Name, count = renamings.length) => {
    let then = name
    for (const { from, to, column } of renamings.slice(0, count).toReversed()) {
      if (column === undefined && isSame(then, to)) then = from
    }
    return then
  }
  return {
    table: tableBefore,
    column: (table, column) => {
      let [then, at] = [column, table]
      for (const renaming of renamings.toReversed()) {
        if (renaming.column === undefined) at = isSame(at, renaming.to) ? renaming.from : at
        else if (isSame(at, renaming.from) && then === renaming.column.to)
          then = renaming.column.from
      }
      return then
    },
    follow: ({ renames }) => {
      if (renames) renamings.push(renames)
    },
  }
}

/** A name without a schema may mean one with any. */
function isSame(one: Name, other: Name): boolean {
  return (
    one.name === other.name &&
    (one.schema === other.schema || one.schema === undefined || other.schema === undefined)
  )
}
