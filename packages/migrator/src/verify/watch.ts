import type { Client } from 'pg'
import { findRestoreLocks } from '../archive/restore-locks.ts'
import { ARCHIVE_SCHEMA, JOURNAL_SCHEMA } from '../journal/journal.ts'
import type { DatabaseTarget } from '../session/database-target.ts'
import { compare, type Mismatch } from '../locks/compare.ts'
import { join, rank, type Deeds } from '../locks/deeds.ts'
import {
  addLocks,
  findWork,
  readHeld,
  readRelations,
  type Held,
  type Relation,
} from '../locks/done.ts'
import { lockTargets, meantBy } from '../locks/lock-targets.ts'
import type { Direction, Migration } from '../migration.ts'
import { listStatements } from '../plan/progress.ts'
import type { Segment } from '../plan/segments.ts'
import type { Witness } from '../run/witness.ts'
import { inRolledBackTransaction } from '../session/transaction.ts'
import { beginGuard } from './guard.ts'
import type { Cause, Fault } from './report.ts'
import { addSaidLosses, type SaidLosses } from './said-losses.ts'

/** What was seen of a migration while it ran, and what its statements said before. */
export interface Watched {
  readonly witness: Witness
  readonly said: SaidLosses
  /** Names of relations that were there and that it locked against writers, or wrote. */
  readonly touched: Set<string>
  readonly faults: Fault[]
  /** Lets go what it holds, also where a segment has failed. */
  readonly end: () => Promise<void>
}

/** Watches what a migration does, segment by segment, in one direction. */
export function watch(
  migration: Migration,
  direction: Direction,
  database: DatabaseTarget,
): Watched {
  const own = listStatements(migration[direction])
  const said: SaidLosses = new Map()
  const touched = new Set<string>()
  const faults: Fault[] = []
  let look: Look | undefined
  // A statement outside of a transaction may be tried again once it has waited.
  let wanted: readonly Held[] = []
  const end = async () => {
    const ended = look
    look = undefined
    if (ended) wanted = [...wanted, ...(await ended.stop())]
  }
  const witness: Witness = {
    before: async (segment, client) => {
      await end()
      await addSaidLosses(client, said, segment, own)
      look = await beginLook(segment, client, database)
    },
    after: async (segment, client) => {
      if (!look) return
      const { said: locks, before, scanned } = look
      await end()
      const held = [...(await readHeld(client)), ...wanted]
      wanted = []
      const done = await findDone({ before, scanned, held }, client)
      const mismatches = compare({ deeds: locks, isOpaque: false }, done, before, true)
      for (const [name, { mode }] of done) if (rank(mode) >= WRITES) touched.add(name)
      faults.push(...mismatches.map((mismatch) => toFault(segment, mismatch)))
    },
  }
  return { witness, said, touched, faults, end }
}

const WRITES = rank('ROW EXCLUSIVE')

/** A segment before it runs. */
interface Look {
  readonly said: Deeds
  readonly before: readonly Relation[]
  /** Names of tables, without schema, that PostgreSQL reports to read whole. */
  readonly scanned: Set<string>
  /** Returns what the session wanted, outside of a transaction, beyond what is said. */
  readonly stop: () => Promise<readonly Held[]>
}

async function beginLook(
  segment: Segment,
  client: Client,
  database: DatabaseTarget,
): Promise<Look> {
  const targets = await inRolledBackTransaction(client, async () =>
    lockTargets(client, [
      ...(await meantBy(client, segment)),
      ...(await findRestoreLocks(client, segment)),
    ]),
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
  const guard = segment.mode === 'outside' && (await beginGuard(database, client, said, before))
  const stop = async () => {
    client.off('notice', hear)
    return guard ? guard.end() : []
  }
  return { said, before, scanned, stop }
}

async function findDone(
  { before, scanned, held }: Pick<Look, 'before' | 'scanned'> & { readonly held: readonly Held[] },
  client: Client,
): Promise<Deeds> {
  const done = findWork(before, await readRelations(client))
  addLocks(done, before, held)
  for (const { name, kind } of before)
    if (kind === 'r' && scanned.has(withoutSchema(name)))
      done.set(name, join(done.get(name), { work: 'scan' }))
  return done
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

function toFault(
  { run, direction }: Segment,
  { relation, said, did, claim, deed }: Mismatch,
): Fault {
  const isStronger = rank(deed?.mode) > rank(claim?.mode)
  const cause: Cause = isStronger ? 'lock' : (deed?.work ?? 'lock')
  const where = run ? 'its code' : 'a function, a trigger or a DO block'
  return {
    step: direction,
    cause,
    object: relation.name,
    said: said === 'nothing' && run ? 'nothing: it is code' : said,
    happened: did,
    advice: `Nobody who reads the plan sees this coming. Write what ${where} does as a statement of the migration.`,
  }
}
