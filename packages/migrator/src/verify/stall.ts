import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { MigratorError } from '../errors/index.ts'
import { run } from '../run/index.ts'
import { withConnection } from '../session/connect.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import type { Stall } from './report.ts'
import type { Candidate, Stage } from './stage.ts'

/**
 * Runs the migration while one session reads and one writes a row of each table that it touches, one after the other, and
 * measures the longest that a statement of theirs has taken. Undefined where the two leave it no chance.
 */
export async function measureStall(
  { project }: Pick<Stage, 'project'>,
  { migration: { name } }: Candidate,
  database: DatabaseTarget,
  touched: ReadonlySet<string>,
): Promise<Stall | undefined> {
  const statements = await withConnection(database, (client) => readStatements(client, touched))
  const rest = { isOver: false }
  const beside = (kind: keyof Statements) =>
    withConnection(database, (client) =>
      measure(
        client,
        statements.map((one) => one[kind]),
        rest,
      ),
    )
  const others = Promise.all([beside('read'), beside('write')])
  try {
    // They are at work by then.
    await sleep(HEAD_START_MS)
    await run(project, database, { direction: 'up', target: name, yes: true, drift: 'ignore' })
  } catch (error) {
    if (error instanceof MigratorError) return undefined
    throw error
  } finally {
    rest.isOver = true
    await others
  }
  const [reader, writer] = await others
  return { reader: Math.ceil(reader), writer: Math.ceil(writer) }
}

const HEAD_START_MS = 20

/** Milliseconds between two statements of one session, so that neither keeps a processor for itself. */
const PAUSE_MS = 1

interface Statements {
  readonly read: string
  readonly write: string
}

/** Both work on one row. What is written is what is there. */
const STATEMENTS = `
  select format('select from only %1$s limit 1', c.oid::regclass) as read,
         format('update only %1$s set %2$I = %2$I where ctid = (select ctid from only %1$s limit 1)', c.oid::regclass, a.attname) as write
    from pg_class c
    cross join lateral (select attname from pg_attribute
                         where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '' and attidentity <> 'a'
                         order by attnum desc limit 1) a
   where c.oid::regclass::text = any ($1) and c.relkind = 'r'`

async function readStatements(
  client: Client,
  touched: ReadonlySet<string>,
): Promise<readonly Statements[]> {
  const { rows } = await client.query<Statements>(STATEMENTS, [[...touched]])
  return rows
}

/** Runs the statements in turn until it is over; returns the milliseconds of the slowest. */
async function measure(
  client: Client,
  statements: readonly string[],
  rest: { readonly isOver: boolean },
): Promise<number> {
  let worst = 0
  let left = statements
  while (!rest.isOver && left.length > 0) {
    for (const sql of left) {
      const started = performance.now()
      try {
        await client.query(sql)
        worst = Math.max(worst, performance.now() - started)
      } catch {
        // Its table or its column is gone, or a trigger refuses it: the others go on.
        left = left.filter((other) => other !== sql)
      }
      await sleep(PAUSE_MS)
    }
  }
  return worst
}
