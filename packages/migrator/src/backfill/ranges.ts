import { escapeLiteral } from 'pg'
import { BACKFILLS } from '../journal/names.ts'
import { RANGES, type BackfillKey, type BackfillState } from './tables.ts'
import type { Key, Range } from './walk.ts'

/** A range that a worker has locked until its transaction ends. */
export interface Claimed extends Range {
  /** Of its row. */
  readonly id: string
  readonly size: number
  /** How often its batch was begun and had to leave rows that others had locked. */
  readonly tries: number
}

/** The walk of a backfill, which one worker at a time takes further. */
export interface Walking {
  readonly reached: Key | null
  /** The last key as the walk began: rows that are put in behind it are found by the next one. */
  readonly end: Key | null
  readonly isWalked: boolean
  readonly pass: number
  readonly changed: number
  readonly state: BackfillState['state']
  /** A range is not done, whoever is at work on it. */
  readonly hasRanges: boolean
}

/** A range, and how many rows it has. */
export interface NextRange {
  readonly key: Key
  readonly rows: number
}

/*
 * Texts of the migrator's own statements. They have their values in them, so that one can be part of a message with others.
 */

/** A worker of another build finds nothing: its backfill has another text. */
const of = ({ ledger, migration, checksum }: BackfillKey) =>
  `ledger = ${escapeLiteral(ledger)} and migration = ${escapeLiteral(migration)} and checksum = ${escapeLiteral(checksum)}`

const json = (key: Key | null) => (key ? `${escapeLiteral(JSON.stringify(key))}::jsonb` : 'null')

/** What is next for a worker, which has locked it until its transaction ends: a range, or else the walk; or neither. */
export interface Next {
  readonly claimed: Claimed | null
  readonly walking: Walking | null
}

/**
 * Locks a range that nobody is at work on, none of a backfill that is paused; where there is none, the walk. What another
 * worker has locked is left out.
 */
export const lockNext = (key: BackfillKey) =>
  `with claimed as materialized (
     select id::text as id, low, high, size, tries from ${RANGES}
      where ${of(key)} and not_before <= clock_timestamp() and exists (select from ${BACKFILLS} where ${of(key)} and state = 'running')
      order by not_before, id limit 1 for update skip locked
   ), walking as materialized (
     select reached, walk_end as "end", is_walked as "isWalked", pass, changed::float8 as changed, state,
            exists (select from ${RANGES} where ${of(key)}) as "hasRanges"
       from ${BACKFILLS} where ${of(key)} and not exists (select from claimed) for update skip locked
   )
   select row_to_json(claimed) as claimed, row_to_json(walking) as walking
     from (select) as one left join claimed on true left join walking on true`

/** In the transaction of the batch: a crash undoes both or neither. */
export const endRange = (key: BackfillKey, { id, size }: Claimed, changed: number) =>
  `with gone as (delete from ${RANGES} where id = ${id})
   update ${BACKFILLS} set changed = changed + ${changed}, seen = seen + ${size}, changed_at = clock_timestamp() where ${of(key)}`

/**
 * After a batch was rolled back: rows that others have locked are left for later. Another worker may have the range by
 * then, and locks the backfill next: who waits for the range holds nothing.
 */
export const delayRange = ({ id }: Pick<Claimed, 'id'>) =>
  `update ${RANGES} set tries = tries + 1, not_before = clock_timestamp() + least(tries + 1, 10) * interval '50 ms' where id = ${id}`

/** The same in the transaction of the batch, which has the range. */
export const postponeRange = (key: BackfillKey, claimed: Claimed, changed: number) =>
  `with later as (${delayRange(claimed)})
   update ${BACKFILLS} set changed = changed + ${changed}, changed_at = clock_timestamp() where ${of(key)}`

export function addRanges(key: BackfillKey, low: Key | null, next: readonly NextRange[]): string {
  const name = [key.ledger, key.migration, key.checksum].map(escapeLiteral).join(', ')
  const rows = next.map((one, i) => {
    const before = i === 0 ? low : (next[i - 1]?.key ?? null)
    return `(${name}, ${json(before)}, ${json(one.key)}, ${one.rows})`
  })
  return `with made as (insert into ${RANGES} (ledger, migration, checksum, low, high, size) values ${rows.join(', ')})
    update ${BACKFILLS} set reached = ${json(next.at(-1)?.key ?? low)} where ${of(key)}`
}

export const beginWalk = (key: BackfillKey, end: Key) =>
  `update ${BACKFILLS} set walk_end = ${json(end)} where ${of(key)}`

export const endWalk = (key: BackfillKey) =>
  `update ${BACKFILLS} set is_walked = true where ${of(key)}`

/** From the first row again. What is begun again after it was done has changed nothing yet. */
export const beginPass = (key: BackfillKey) =>
  `update ${BACKFILLS} set pass = pass + 1, reached = null, walk_end = null, is_walked = false, seen = 0,
          changed = case pass when 0 then 0 else changed end where ${of(key)}`

export const endBackfill = (key: BackfillKey) =>
  `update ${BACKFILLS} set state = 'done', changed_at = clock_timestamp() where ${of(key)}`

/** What was measured, for people. Returns how far the backfill is; no row where another build has begun it again. */
export const recordPressure = (key: BackfillKey, pressure: object) =>
  `update ${BACKFILLS} set pressure = ${escapeLiteral(JSON.stringify(pressure))}::jsonb where ${of(key)}
   returning seen::float8 as seen, estimate::float8 as estimate, state`
