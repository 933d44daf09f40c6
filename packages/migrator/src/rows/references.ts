import { quoteName } from '../sql/quote-name.ts'
import { attempt } from './attempt.ts'
import type { Scene } from './scene.ts'
import type { ForeignKey } from './tables.ts'
import type { Value } from './values.ts'

/** Keys that a foreign key may have, in the order of its columns. */
export type Pool = readonly (readonly Value[])[]

/** More than are ever used at once, and few enough to be read for each table. */
const MOST = 500

/** What there is to reference, rows that were there before included; read again once the table has got more. */
export class References {
  readonly #client: Scene['client']
  readonly #pools = new Map<ForeignKey, Pool>()

  constructor(client: Scene['client']) {
    this.#client = client
  }

  async findPool(key: ForeignKey): Promise<Pool> {
    const known = this.#pools.get(key)
    if (known) return known
    const { sql, isPartitioned } = key.references
    const names = key.referencedColumns.map((name) => quoteName(name))
    const outcome = await attempt(
      this.#client,
      `select distinct ${names.map((name, i) => `${name}::pg_catalog.text collate pg_catalog."C" as k${i}`).join(', ')}
        from ${isPartitioned ? '' : 'only '}${sql}
        where ${names.map((name) => `${name} is not null`).join(' and ')}
        order by ${names.map((_, i) => i + 1).join(', ')} limit ${MOST}`,
    )
    const rows = 'rows' in outcome ? outcome.rows : []
    const pool = rows.map((row) => names.map((_, i) => row[`k${i}`] ?? null))
    this.#pools.set(key, pool)
    return pool
  }

  /** The tables of these oids have more rows now. */
  forget(oids: ReadonlySet<string>): void {
    for (const key of this.#pools.keys()) if (oids.has(key.references.oid)) this.#pools.delete(key)
  }
}
