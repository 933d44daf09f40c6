import type pg from 'pg'
import type { Direction, Name, Renaming } from '../migration.ts'
import { failure } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import type { Segment } from '../plan/segments.ts'
import type { Target } from '../plan/targets.ts'
import type { Listener } from './events.ts'
import { countTaking, type CountedTaking } from '../archive/count.ts'
import { notKept, obstacleOf, splitLost, type Losable } from '../archive/obstacles.ts'
import { findTakings, type CurrentName, type Taking } from '../archive/takings.ts'
import { withExactText } from '../archive/text.ts'
import { sqlState } from '../session/connect.ts'

/** What a run is about to throw away, counted before it starts. */
export interface Loss {
  readonly migration: string
  /** `jobs`, `jobs.attempt_count`, or the command that nobody can read: `DO`. */
  readonly object: string
  /** Rows of a table; values of a column, without NULLs; or what cannot be counted. */
  readonly what: 'rows' | 'values' | 'unknown'
  /** 0 where it cannot be counted. */
  readonly count: number
  /** As they are stored. */
  readonly bytes: number
}

/** The losses of a plan, and what of them the archive can take. */
export interface CountedLosses {
  readonly losses: readonly Loss[]
  readonly takings: readonly CountedTaking[]
}

/**
 * Counts what the statements of a plan throw away, in a transaction that changes nothing. What is empty is
 * no loss. It reads every such table, and knows the database as it is before the run: names that an earlier
 * statement of the plan changes are followed.
 */
export async function countLosses(client: pg.ClientBase, plan: Plan): Promise<CountedLosses> {
  const losses: Loss[] = []
  const takings: CountedTaking[] = []
  const names = namesBefore()
  const gone = new Set<string>()
  await client.query('begin read only')
  try {
    await withExactText(client, async () => {
      for (const { migration, segments } of plan.migrations) {
        for (const segment of segments) {
          for (const found of await countSegment(client, segment, names, gone)) {
            losses.push(...found.losses.map((loss) => ({ migration: migration.name, ...loss })))
            if (found.counted) takings.push(found.counted)
          }
        }
      }
    })
  } finally {
    await client.query('rollback').catch(() => {})
  }
  return { losses, takings }
}

/** What the caller of a run says of its losses. */
export interface LossDecisions {
  readonly direction: Direction
  readonly target: Target
  readonly yes?: boolean
  readonly lose: Losable
  readonly limit: number
}

/**
 * Says what a plan throws away, before anything of it runs, and returns it.
 * Throws, on the way back, NOT_KEPT where the archive cannot take something that may not be lost, and
 * LOSSES_UNCONFIRMED where nobody has said yes and the database is not marked disposable.
 */
export async function announceLosses(
  client: pg.ClientBase,
  plan: Plan,
  { direction, target, yes = false, lose, limit }: LossDecisions,
  onEvent: Listener,
): Promise<readonly Loss[]> {
  const { losses, takings } = await countLosses(client, plan)
  if (losses.length === 0) return losses
  const isBack = direction === 'down'
  onEvent({ type: 'losses', losses, areKept: isBack })
  if (!isBack) return losses
  if (typeof lose !== 'string') refuseUnkept(takings, lose, limit)
  if (yes || (await isDisposable(client))) return losses
  const lines = losses.map(
    ({ object, what, count }) =>
      `${object}: ${what === 'unknown' ? 'cannot be counted, nor kept' : `${count} ${what}`}`,
  )
  throw failure('LOSSES_UNCONFIRMED', { losses: lines, target: String(target) })
}

/** `alter database … set "migrator.disposable" = 'on'`: its owner would not miss it. */
async function isDisposable(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ disposable: boolean }>(
    `select coalesce(nullif(current_setting('migrator.disposable', true), '')::boolean, false) as disposable`,
  )
  return rows[0]?.disposable ?? false
}

/** Throws NOT_KEPT where the archive cannot take something that `lose` does not name. */
function refuseUnkept(takings: readonly CountedTaking[], lose: Losable, limit: number): void {
  const unkept = takings.flatMap((taking) => {
    const { kept: counted } = splitLost(taking, lose)
    const obstacle = counted && obstacleOf(counted, limit)
    return counted && obstacle !== undefined ? [{ counted, obstacle }] : []
  })
  if (unkept.length > 0) throw notKept(unkept)
}

interface Found {
  readonly losses: readonly Omit<Loss, 'migration'>[]
  readonly counted?: CountedTaking
}

async function countSegment(
  client: pg.ClientBase,
  { statements, run }: Segment,
  names: NamesBefore,
  gone: Set<string>,
): Promise<Found[]> {
  const found: Found[] = run ? [uncounted('the code of the migration')] : []
  for (const statement of statements) {
    const { takings, unknown } = await findTakings(client, statement, names.before)
    found.push(...unknown.map(uncounted))
    for (const taking of takings) {
      // What goes with its table has been counted there.
      if (gone.has(taking.table.oid)) continue
      if (taking.kind === 'table') gone.add(taking.table.oid)
      found.push(await countOrNot(client, taking))
    }
    if (statement.renames) names.rename(statement.renames)
  }
  return found
}

function uncounted(object: string): Found {
  return { losses: [{ object, what: 'unknown', count: 0, bytes: 0 }] }
}

/** What an earlier statement of the plan has yet to make cannot be counted now. */
async function countOrNot(client: pg.ClientBase, taking: Taking): Promise<Found> {
  await client.query('savepoint migrator_losses')
  try {
    const counted = await countTaking(client, taking, true)
    const losses = counted.counts.filter(({ count }) => count > 0)
    return { losses, counted }
  } catch (error) {
    if (!/^(22|42)/.test(sqlState(error) ?? '') || sqlState(error) === '42501') throw error
    await client.query('rollback to savepoint migrator_losses')
    return uncounted(taking.table.label)
  }
}

interface NamesBefore {
  /** The name that an object has before the run, by the one that it has at this point of the plan. */
  readonly before: CurrentName
  rename(renaming: Renaming): void
}

function namesBefore(): NamesBefore {
  const renamings: Renaming[] = []
  return {
    before: (name) => {
      let then = name
      for (const { from, to } of renamings.toReversed()) if (isSame(then, to)) then = from
      return then
    },
    rename: (renaming) => renamings.push(renaming),
  }
}

/** A name without a schema may mean one with any. */
function isSame(one: Name, other: Name): boolean {
  return (
    one.name === other.name &&
    (one.schema === other.schema || one.schema === undefined || other.schema === undefined)
  )
}
