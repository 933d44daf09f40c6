import type pg from 'pg'
import { shown } from '../catalog/index.ts'
import { asAuthor } from '../session/author.ts'
import type { Migration } from '../migration.ts'
import type { Problem } from './problems.ts'

/**
 * What the checks of pending migrations count, beyond what the catalogs tell: a problem without a choice, to be
 * mended by hand. A check that cannot be read yet, since a migration before it makes what it reads, is left to the
 * rehearsal and to the run.
 */
export async function readRefusals(
  client: pg.ClientBase,
  pending: readonly Migration[],
  problems: readonly Problem[],
): Promise<Problem[]> {
  const refusals: Problem[] = []
  for (const { name, requires } of pending) {
    for (const { query, says } of requires) {
      const counts = await readCounts(client, query)
      for (const [subject, count] of counts) {
        if (isExplained(subject, problems) || refusals.some((one) => one.name === subject)) continue
        refusals.push({
          name: subject,
          table: '',
          kind: 'other',
          columns: [],
          count,
          samples: [`${name}: ${says}`],
          choices: [{ kind: 'fail', choice: 'fail', says: 'refuse, and change nothing' }],
          left: count,
        })
      }
    }
  }
  return refusals
}

/** Only counts: a claim (true, false) may well be about what a migration before it makes. */
async function readCounts(client: pg.ClientBase, query: string): Promise<[string, number][]> {
  await client.query('savepoint refusal')
  try {
    const { rows } = await asAuthor(client, () => client.query<Record<string, unknown>>(query))
    return Object.entries(rows[0] ?? {}).flatMap(([name, value]): [string, number][] =>
      typeof value !== 'boolean' && Number(value) > 0 ? [[name, Number(value)]] : [],
    )
  } catch {
    return []
  } finally {
    await client.query('rollback to savepoint refusal')
  }
}

/** `jobs.status` is explained by any problem of that column. */
function isExplained(subject: string, problems: readonly Problem[]): boolean {
  return problems.some(({ table, columns }) =>
    columns.some((column) => subject === `${shown(table)}.${column}`),
  )
}
