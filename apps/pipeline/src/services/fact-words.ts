import { sql, type Expression, type SqlBool } from 'kysely'
import { compileOnce } from '../compile-once.ts'
import type { Session } from '../database.ts'

/**
 * Whether facts have these words in their `data`, in the expression that the index is over. A tsvector holds a
 * megabyte; what may need more cannot be looked for by word.
 */
export function hasWords(data: Expression<unknown>, words: string) {
  return sql<SqlBool>`to_tsvector('english', case when octet_length(${data}::text) <= 200000 then ${data} else '{}' end)
    @@ websearch_to_tsquery('english', ${words})`
}

/**
 * Makes what says whether it costs less to find all facts that have the words, and to sort them, than to walk through the facts
 * in the order of pages until a page is full. PostgreSQL estimates well how many there are, and then counts a tsvector for each
 * that the index finds, though only a walk makes one for each fact that it passes.
 */
export function compileRareness<Given extends { readonly q?: string | undefined }>(
  select: (session: Session, given: Given) => Record<'found' | 'all', Expression<unknown>>,
) {
  const explain = compileOnce<Given, { readonly 'QUERY PLAN': Explained }>(
    (session, given) => {
      const { found, all } = select(session, given)
      return sql`explain (format json) select from (${found}) as found union all select from (${all}) as facts`
    },
    ['q'],
  )
  return async (session: Session, given: Given): Promise<boolean> => {
    const [row] = await explain(session, given)
    const [matching = 0, facts = 0] =
      row?.['QUERY PLAN'][0].Plan.Plans.map((plan) => plan['Plan Rows']) ?? []
    return matching * matching < WALKED * facts
  }
}

/**
 * How many facts of the index could be fetched in the time of a walk that finds the facts of a page, if every fact had
 * the words: fifty, of which each takes as long as eight.
 */
const WALKED = 400

type Explained = [
  { readonly Plan: { readonly Plans: readonly { readonly 'Plan Rows': number }[] } },
]
