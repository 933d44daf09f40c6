import type { Client } from 'pg'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from '../journal/journal.ts'
import { compare, type Mismatch } from '../locks/compare.ts'
import { join, rank, type Deeds } from '../locks/deeds.ts'
import { addLocks, findWork, readHeld, readRelations, type Relation } from '../locks/done.ts'
import { lockTargets, meantBy } from '../locks/lock-targets.ts'
import type { Direction, Migration } from '../migration.ts'
import { listStatements } from '../plan/progress.ts'
import type { Segment } from '../plan/segments.ts'
import type { Witness } from '../run/witness.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import type { Cause, Fault } from './report.ts'
import { addSaidLosses, type SaidLosses } from './said-losses.ts'

/** What was seen of a migration while it ran, and what its statements said before. */
export interface Watched {
  readonly witness: Witness
  readonly said: SaidLosses
  /** Names of relations that were there and that it locked against writers, or wrote. */
  readonly touched: Set<string>
  readonly faults: Fault[]
}

/** Watches what a migration does, segment by segment, in one direction. */
export function watch(migration: Migration, direction: Direction): Watched {
  const own = listStatements(migration[direction])
  const said: SaidLosses = new Map()
  const touched = new Set<string>()
  const faults: Fault[] = []
  let look: Look | undefined
  const witness: Witness = {
    before: async (segment, client) => {
      look?.stop()
      await addSaidLosses(client, said, segment, own)
      look = await beginLook(segment, client)
    },
    after: async (segment, client) => {
      if (!look) return
      const { done, mismatches } = await endLook(look, client)
      for (const [name, { mode }] of done) if (rank(mode) >= WRITES) touched.add(name)
      faults.push(...mismatches.map((mismatch) => toFault(segment, mismatch)))
      look = undefined
    },
  }
  return { witness, said, touched, faults }
}

const WRITES = rank('ROW EXCLUSIVE')

/** A segment before it runs. */
interface Look {
  readonly said: Deeds
  readonly before: readonly Relation[]
  /** Names of tables, without schema, that PostgreSQL reports to read whole. */
  readonly scanned: Set<string>
  readonly stop: () => void
}

async function beginLook(segment: Segment, client: Client): Promise<Look> {
  const targets = await inRolledBackTransaction(client, async () =>
    lockTargets(client, await meantBy(client, segment)),
  )
  const said: Deeds = new Map()
  for (const { qualified, mode, work } of targets)
    said.set(qualified, join(said.get(qualified), { mode, ...(work && { work }) }))
  const before = (await readRelations(client)).filter(isAuthors)
  const scanned = new Set<string>()
  const hear = ({ message = '' }: { readonly message?: string | undefined }) => {
    const [, table] = /^verifying table "(.+)"$/.exec(message) ?? []
    if (table !== undefined) scanned.add(table)
  }
  client.on('notice', hear)
  return { said, before, scanned, stop: () => void client.off('notice', hear) }
}

async function endLook(
  { said, before, scanned, stop }: Look,
  client: Client,
): Promise<{ done: Deeds; mismatches: Mismatch[] }> {
  stop()
  const held = await readHeld(client)
  const after = await readRelations(client)
  const done = findWork(before, after)
  addLocks(done, before, held)
  for (const { name, kind } of before)
    if (kind === 'r' && scanned.has(withoutSchema(name)))
      done.set(name, join(done.get(name), { work: 'scan' }))
  const mismatches = compare({ deeds: said, isOpaque: false }, done, before, true)
  return { done, mismatches }
}

/** The migrator's own tables are its own matter. */
function isAuthors({ name }: Relation): boolean {
  return ![JOURNAL_SCHEMA, ARCHIVE_SCHEMA].some((schema) => name.startsWith(`${schema}.`))
}

/** PostgreSQL reports a name as it is stored. */
function withoutSchema(name: string): string {
  const last = /(?:"((?:[^"]|"")*)"|([^".]+))$/.exec(name)
  return last?.[1]?.replaceAll('""', '"') ?? last?.[2] ?? name
}

function toFault({ run }: Segment, { relation, said, did, claim, deed }: Mismatch): Fault {
  const isStronger = rank(deed?.mode) > rank(claim?.mode)
  const cause: Cause = isStronger ? 'lock' : (deed?.work ?? 'lock')
  const where = run ? 'its code' : 'a function, a trigger or a DO block'
  return {
    step: 'up',
    cause,
    object: relation.name,
    said: said === 'nothing' && run ? 'nothing: it is code' : said,
    happened: did,
    advice: `Nobody who reads the plan sees this coming. Write what ${where} does as a statement of the migration.`,
  }
}
