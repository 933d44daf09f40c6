import { databaseTarget } from '@techfacts/migrator'
import {
  parseDecisions,
  planAdoption,
  readReconciliation,
  rehearse,
  writeReconciliation,
  type Reconciliation,
} from '@techfacts/migrator/adopt'
import { createTestDatabase, briefly } from '@techfacts/postgres/testing'
import { expect, test } from 'vitest'

import { everything } from './testing/account.ts'
import { DECIDE_A, DECIDE_B, generationA, generationB, planned, project } from './testing/adopt.ts'
import { rows } from './testing/database.ts'

/** Rehearses on the server that the database is on. */
async function rehearsed(url: string, decide: readonly string[], reconciliation?: Reconciliation) {
  const request = { decisions: parseDecisions(decide), reconciliation }
  const inspection = await planAdoption(project, databaseTarget(url), request)
  const server = new URL(url)
  server.pathname = '/postgres'
  return rehearse(project, databaseTarget(url), request, inspection, databaseTarget(server.href))
}

const leftovers = async (url: string) =>
  rows(url, `select datname from pg_database where datname like 'migrator_rehearsal_%'`)

test.each(
  briefly([
    ['A', generationA, DECIDE_A],
    ['B', generationB, DECIDE_B],
  ] as const),
)(
  'the adoption of %s is rehearsed on a copy, which is dropped',
  async (_generation, prepare, decide) => {
    await using database = await createTestDatabase({ prepare })
    const was = await everything(database.url)
    expect(await rehearsed(database.url, decide)).toEqual({
      rows: Object.keys(was.images).length,
      uncopied: [],
    })
    expect(await everything(database.url)).toEqual(was)
    expect(await leftovers(database.url)).toEqual([])
  },
)

test(
  'what would fail fails on the copy, and the database is not touched',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase({ prepare: generationB })
    const was = await everything(database.url)
    const nobody = 'facts.page_id:null=set=99999999-9999-4999-8999-999999999999'
    await expect(rehearsed(database.url, [...DECIDE_B, nobody])).rejects.toMatchObject({
      code: 'REHEARSAL_FAILED',
      message: expect.stringContaining('facts_page_id_fkey'),
    })
    expect(await everything(database.url)).toEqual(was)
    expect(await leftovers(database.url)).toEqual([])
  },
)

test(
  'what is not known is copied along, or named where it cannot be',
  { tags: 'long' },
  async () => {
    await using database = await createTestDatabase({ prepare: generationB })
    await rows(
      database.url,
      `create type mood as enum ('good', 'bad');
     create table notes (id integer generated always as identity primary key, mood mood, n serial,
       source_id uuid references sources on delete cascade, parent_id integer references notes);
     insert into notes (mood, source_id) select 'good', id from sources;
     update notes set parent_id = 1 where id > 1;
     create view by_hand as select 1 as n`,
    )
    const { plan, live, knownSchemas } = await planned(database.url)
    if (plan.match.kind !== 'unknown') throw new Error('The database is known.')
    const text = writeReconciliation(plan.match, plan.fingerprint, live, knownSchemas)
    const file = await readReconciliation(text, 'reconcile.sql')
    // A note belongs to a note: sources that have notes are not moved any more.
    const decide = DECIDE_B.map((one) =>
      one.replace('source_type:word=quarantine', 'source_type:word=set=web'),
    ).filter((one) => !one.startsWith('sources_project_id_uri_key'))
    await rows(database.url, `delete from sources where uri = 'u2' and status is null`)
    const { uncopied } = await rehearsed(database.url, decide, file)
    expect(uncopied).toEqual(['view public.by_hand'])
  },
)
