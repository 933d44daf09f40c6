import type { Name } from '../migration.ts'
import { quoteName } from '../sql/quote-name.ts'
import { asAuthor, type Querying } from './author.ts'

export interface AuthorsName extends Name {
  readonly kind: 'relation' | 'type'
}

/**
 * What names mean to a statement of the author's now: the oid of each, null where there is nothing. The query runs
 * on the author's search path, so every name of its own is qualified.
 */
export async function readMeanings(
  client: Querying,
  names: readonly AuthorsName[],
): Promise<(string | null)[]> {
  const { rows } = await asAuthor(client, () =>
    client.query<{ oid: string | null }>(
      `select (case when n.is_type then pg_catalog.to_regtype(n.name)::pg_catalog.oid
                    else pg_catalog.to_regclass(n.name)::pg_catalog.oid end)::pg_catalog.text as oid
         from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.bool[]))
              with ordinality as n (name, is_type, place) order by n.place`,
      [
        names.map(({ schema, name }) => quoteName(name, schema)),
        names.map(({ kind }) => kind === 'type'),
      ],
    ),
  )
  return rows.map(({ oid }) => oid)
}
