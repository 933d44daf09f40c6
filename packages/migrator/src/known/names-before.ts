import type { Name, Renaming, Statement } from '../migration.ts'

/** Tells by what name a table or a column went before, which a later statement knows by another. */
export interface Current {
  table(name: Name): Name
  /** `parents`: tables that it inherits the column from. Whatever renames the column of one of them renames it here. */
  column(table: Name, column: string, parents?: readonly Name[]): string
}

export interface NamesBefore extends Current {
  schema(name: string): string
  follow(statement: Pick<Statement, 'renames'>): void
}

/** The names that objects have before the run, by those that they have at this point of the plan. */
export function namesBefore(): NamesBefore {
  const renamings: Renaming[] = []
  const tableBefore = (name: Name, count = renamings.length) => {
    let then = name
    for (const renaming of renamings.slice(0, count).toReversed()) {
      if (!('from' in renaming)) then = inSchemaBefore(then, renaming)
      else if (renaming.column === undefined && isSameName(then, renaming.to)) then = renaming.from
    }
    return then
  }
  return {
    table: tableBefore,
    column: (table, column, parents = []) => {
      let [then, at] = [column, [table, ...parents]]
      for (const renaming of renamings.toReversed()) {
        if (!('from' in renaming)) {
          at = at.map((name) => inSchemaBefore(name, renaming))
          continue
        }
        const { from, to, column: renamed } = renaming
        if (renamed === undefined) at = at.map((name) => (isSameName(name, to) ? from : name))
        else if (then === renamed.to && at.some((name) => isSameName(name, from)))
          then = renamed.from
      }
      return then
    },
    schema: (name) => tableBefore({ schema: name, name: '' }).schema ?? name,
    follow: ({ renames }) => {
      if (renames) renamings.push(renames)
    },
  }
}

type SchemaRenaming = Extract<Renaming, { readonly schema: unknown }>

type Coming = Pick<Statement, 'renames' | 'effects'>

/** The name that a table has now, if statements that are still to come give it its last one; undefined: they make it. */
export function tableNow(last: Name, coming: readonly Coming[]): Name | undefined {
  return placeNow({ table: last }, coming)?.table
}

/** The same of a column of the table with that last name. */
export function columnNow(
  table: Name,
  column: string,
  coming: readonly Coming[],
): string | undefined {
  return placeNow({ table, column }, coming)?.column
}

interface Named {
  readonly table: Name
  readonly column?: string
}

function placeNow(last: Named, coming: readonly Coming[]): Named | undefined {
  let now: Named | undefined = last
  for (const statement of coming.toReversed()) now = now && placeBefore(now, statement)
  return now
}

/** By its name before a statement; undefined where another had the name then, or none. */
function placeBefore(then: Named, { renames, effects }: Coming): Named | undefined {
  const { table, column } = then
  const made = new Set([`table ${table.name}`, `column of ${table.name} ${column}`])
  if (effects.some(({ key, change }) => change === 'makes' && made.has(key))) return undefined
  if (!renames) return then
  if (!('from' in renames)) {
    const { from, to } = renames.schema
    if (table.schema === to) return { ...then, table: { ...table, schema: from } }
    return table.schema === from ? undefined : then
  }
  if (renames.column === undefined) {
    if (isSameName(renames.to, table)) return { ...then, table: renames.from }
    return isSameName(renames.from, table) ? undefined : then
  }
  if (column === undefined || !isSameName(renames.from, table)) return then
  if (renames.column.to === column) return { table, column: renames.column.from }
  return renames.column.from === column ? undefined : then
}

/** The name of a table before its schema was renamed. */
function inSchemaBefore(name: Name, { schema: { from, to } }: SchemaRenaming): Name {
  return name.schema === to ? { ...name, schema: from } : name
}

/** A name without a schema may mean one with any. */
export function isSameName(one: Name, other: Name): boolean {
  return (
    one.name === other.name &&
    (one.schema === other.schema || one.schema === undefined || other.schema === undefined)
  )
}
