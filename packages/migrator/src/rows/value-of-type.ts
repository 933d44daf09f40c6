import type { ClientBase } from 'pg'
import { selectCanonically } from '../catalog/session.ts'
import { randomFor } from './random.ts'
import { READ_TYPES, resolveType, type TypeRow } from './types.ts'
import { drawValue, type Value } from './values.ts'

/** An ordinary value of the type with this oid, as text; the same each time it is asked. */
export type MakeValue = (oid: string) => Value

/** Reads the types of a database, and makes values of them where no column says which are meant. */
export async function readValueMaker(client: ClientBase, seed: number): Promise<MakeValue> {
  const [[found] = []] = await selectCanonically(client, [[READ_TYPES]])
  const types = new Map(((found?.rows ?? []) as TypeRow[]).map((row) => [row.oid, row]))
  return (oid) => {
    const row = types.get(oid)
    if (!row) return null
    // What takes JSON apart mostly wants a list, and finds nothing in this one.
    if (row.name === 'json' || row.name === 'jsonb') return '[]'
    return drawValue(resolveType(types, { oid, sql: row.name }), randomFor(seed, oid), new Map())
  }
}
