import { query, type Way } from './chain.ts'

/** A row of the journal, as far as a trial judges it. */
interface Row {
  readonly event: string
  readonly migration: string | null
  readonly direction: Way | null
  readonly segment: number | null
  readonly final: boolean
  readonly positions: number[]
}

/**
 * What is wrong with the journal's account of one way of a chain, in the rows after `since`; empty where it is
 * whole: every `started` has exactly one end, each statement was done exactly once, each migration was
 * completed once and in order.
 */
export async function journalProblems(
  url: string,
  way: Way,
  names: readonly string[],
  since = 0,
): Promise<string[]> {
  const rows = (await query(
    url,
    `select event, migration, direction, segment, final,
            coalesce((select json_agg(s->'position') from jsonb_array_elements(statements) s), '[]') as positions
       from migrator.history where migration is not null and direction = $1 and id > $2
        and event not in ('archived', 'restored') order by id`,
    [way, since],
  )) as unknown as Row[]
  const completed = rows.filter(({ final }) => final).map(({ migration }) => migration)
  const expected = way === 'up' ? names : names.toReversed()
  const problems = names.flatMap((name) => [
    ...unended(rows.filter(({ migration }) => migration === name)),
    ...repeated(rows.filter(({ migration }) => migration === name)),
  ])
  if (completed.join() !== expected.join()) problems.push(`completed: ${completed.join()}`)
  return problems
}

const WORK = new Set(['done', 'recovered'])

function unended(rows: readonly Row[]): string[] {
  const problems: string[] = []
  let open: Row | undefined
  for (const row of rows) {
    const line = `${row.event} ${row.migration} ${row.segment}`
    if (row.event === 'started') {
      if (open) problems.push(`${line} while segment ${open.segment} has no end`)
      open = row
    } else {
      if (open?.segment !== row.segment) problems.push(`${line} was not started`)
      open = undefined
    }
  }
  return open ? [...problems, `${open.migration} ${open.segment} has no end`] : problems
}

function repeated(rows: readonly Row[]): string[] {
  const done = rows.filter(({ event }) => WORK.has(event)).flatMap(({ positions }) => positions)
  const again = done.filter((position, i) => done.indexOf(position) !== i)
  return again.map((position) => `${rows[0]?.migration} did statement ${position} again`)
}
