import { createTestDatabase, isSoak, onEveryMajor } from '@techfacts/postgres/testing'
import { expect, inject, test } from 'vitest'
import { query } from '../testing/query.ts'
import { KINDS, SAMPLE } from './tests/kinds.ts'
import { openStage, type Outcome } from './tests/play.ts'
import { SCHEMA } from './tests/shapes.ts'

/**
 * The lock table: what the engine says of every kind of statement is held against what a server does. The suite plays each
 * form on one table; a soak plays each on tables of every shape.
 */
const major = inject('postgresMajor')
/** `.ci/run` plays each form on the newest version, and every third one on the others, as `pnpm test` does. */
const STEP = onEveryMajor && major === 18 ? 1 : 3
const kinds = (isSoak ? KINDS : SAMPLE.filter((_, place) => place % STEP === 0)).filter(
  ({ since = 15 }) => since <= major,
)

const prepare = async (url: string) => {
  await query(url, SCHEMA)
  await query(url, 'vacuum analyze')
}

test('every kind of statement locks, reads and rewrites what is said of it', async () => {
  const outcomes: Outcome[] = []
  await using stage = await openStage(() => createTestDatabase({ prepare }), major)
  for (const kind of kinds) outcomes.push(await stage.play(kind))

  const played = outcomes.flatMap((one) => ('mismatches' in one ? [one] : []))
  const wrong = played.flatMap(({ kind, mismatches }) =>
    mismatches.map((mismatch) => `${kind.sql} | ${mismatch}`),
  )
  const refused = outcomes.length - played.length
  console.log(
    `lock table: ${played.length} kinds on PostgreSQL ${major}, ${wrong.length} mismatches (refused by PostgreSQL: ${refused})`,
  )
  expect(wrong).toEqual([])
  expect(played.length).toBeGreaterThan(isSoak ? 1800 : 300 / STEP)
  // A form that no table accepts would compare nothing.
  const accepted = new Set(played.map(({ kind }) => kind.form ?? kind.sql))
  const rejected = kinds.filter(({ form, sql }) => !accepted.has(form ?? sql))
  expect(isSoak ? rejected.map(({ sql }) => sql) : []).toEqual([])
}, 3_600_000)
