import type { Client } from 'pg'
import { takeSidesAnd, type Answer } from './author.ts'
import { isConnectionLost } from './connect.ts'

/**
 * Statements that only read, in the words of the migrator's side. The one row of the last is what they have found. They
 * are asked in the message that takes the lock, after it: each sees what was committed until then.
 */
export type Look = readonly string[]

/** SQL within a look: the schemas of the author's search path. */
export const LOOK_SCHEMAS = `current_setting('migrator.schemas')::text[]`

/** What `takeSidesAnd` returns, with the row of a look; without one where it was refused, and is to be asked alone. */
export async function takeSidesAndLook(
  client: Client,
  look: Look,
  expression: string,
  pid: number,
): Promise<Answer & { readonly looked?: unknown }> {
  if (look.length === 0) return takeSidesAnd(client, expression, pid)
  let looked: unknown
  const ask = async (sides: string) => {
    const results = [
      await client.query([...BEGIN, sides, ...OWN_PATH, ...look, 'commit'].join(';\n')),
    ].flat()
    looked = results.at(-2)?.rows[0]
    return results[BEGIN.length]
  }
  try {
    const taken = await takeSidesAnd(client, expression, pid, ask)
    return { ...taken, looked }
  } catch (error) {
    if (isConnectionLost(error)) throw error
    // What is asked alone is refused in words of its own.
    await client.query('rollback')
    return takeSidesAnd(client, expression, pid)
  }
}

/** A role may have another level by default: its one snapshot would be older than the lock. */
const BEGIN = [
  'begin isolation level read committed',
  `select pg_catalog.set_config('migrator.schemas', pg_catalog.current_schemas(false)::pg_catalog.text, true)`,
]

/** Where another process than expected answers, its sides are not taken. */
const OWN_PATH = ['set local search_path = pg_catalog, pg_temp']
