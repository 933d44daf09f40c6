/*
 * CHECK constraints of the entities, in the form in which PostgreSQL prints them back: MikroORM compares the texts, and any
 * other form is a difference that never settles.
 */

/** The column holds one of the words. */
export function isOneOf(table: string, column: string, words: readonly string[]) {
  const list = words.map((word) => `'${word}'::text`).join(', ')
  return { name: `${table}_${column}_check`, expression: `${column} = ANY (ARRAY[${list}])` }
}

/** The column holds a share from 0 to 1, both included; NaN is outside. */
export function isShare(table: string, column: string) {
  return {
    name: `${table}_${column}_check`,
    expression: `${column} >= '0'::double precision AND ${column} <= '1'::double precision`,
  }
}
