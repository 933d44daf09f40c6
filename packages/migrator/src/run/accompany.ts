import type pg from 'pg'
import { readRestoredTables, type RestoredTables } from '../archive/applied-again.ts'
import { readFunctions, writingsOf, type Ways } from '../archive/own-writes.ts'
import { hasArchive, readEntries, type ArchiveEntry } from '../archive/schema.ts'
import { SegmentArchive, type SegmentArchiveContext } from '../archive/segment-archive.ts'
import { mayArchive } from '../archive/statement-kinds.ts'
import { mayTakeUnsaid } from '../archive/takers.ts'
import { ArchiveGuard } from '../archive/tampering.ts'
import { fireDeferred } from '../archive/triggers.ts'
import type { RestoreResult } from '../events.ts'
import type { Writer } from '../journal/journal.ts'
import type { Segment } from '../plan/segments.ts'
import { asMigrator } from '../session/author.ts'
import type { Companion } from './attempt.ts'
import type { ArchivePolicy, SegmentContext } from './context.ts'
import { mayBePending } from './pending.ts'
import type { NoticeBook } from './notices.ts'

/** The archive goes along where a segment may take something away, or something waits for it. */
export async function accompany(
  segment: Segment,
  { session, actor, archive, notices }: SegmentContext,
  onRestored: (results: readonly RestoreResult[]) => void,
): Promise<Companion | undefined> {
  const { client } = session
  const { migration, checksum, direction, index, statements, isLast } = segment
  if (!archive) return undefined
  const { lose, limit, keepRows, confirmed, behind, names } = archive
  const restoredTables = await readRestored(client, actor, archive)
  const mayWait = mayBePending(segment, archive) || restoredTables.size > 0
  if (!mayWait && !(await mayKeep(segment, client, archive))) return guard(client, segment)
  const pending = mayWait ? await asMigrator(client, () => readPending(client, actor)) : []
  const entries = new SegmentArchive(client, {
    actor,
    migration,
    checksum,
    direction,
    segment: index,
    lose,
    limit,
    ...(keepRows !== undefined && { keepRows }),
    confirmed,
    isLast,
    ...around(statements, archive),
    behind,
    names,
    pending,
    restoredTables,
    ways: await readWays(client, segment, archive),
  })
  await entries.begin(segment.run !== undefined)
  return {
    run: (statement, execute, rest) =>
      holding(notices, () => entries.run(statement, rewinding(notices, execute), rest)),
    watch: (work) => entries.watch(work),
    end: async () => onRestored(await entries.end()),
    undone: () => entries.undone(),
  }
}

async function mayKeep(
  { direction, statements }: Segment,
  client: pg.Client,
  archive: ArchivePolicy,
): Promise<boolean> {
  if (mayArchive(direction, archive, statements)) return true
  return asMigrator(client, () => mayTakeUnsaid(client, statements))
}

/** What the migration writes itself, on this way and on the other. */
async function readWays(
  client: pg.Client,
  { run }: Segment,
  { statements, otherWay, names }: ArchivePolicy,
): Promise<Ways> {
  const own = run ? writingsOf({ kind: 'code', run }) : statements
  const functions = await asMigrator(client, () => readFunctions(client, own))
  return { own, other: otherWay, functions, names }
}

/** What the archive has stays there, also where it has nothing to do with a segment. */
async function guard(
  client: pg.Client,
  { migration, run }: Segment,
): Promise<Companion | undefined> {
  const archive = new ArchiveGuard(client)
  await archive.begin()
  if (!archive.hasArchive) return undefined
  const watch = async <T>(work: () => Promise<T>, sql?: string) => {
    const result = await archive.watch(work, sql)
    archive.refuse(migration)
    return result
  }
  const end = async () => {
    if (run) await archive.end()
    archive.refuse(migration)
    await watch(() => fireDeferred(client))
  }
  return { run: ({ sql }, execute) => watch(execute, sql), watch, end, undone: async () => {} }
}

/** The statements of the migration before those of a segment, and after them. A last one without any comes after all. */
function around(
  statements: Segment['statements'],
  { statements: all }: ArchivePolicy,
): Pick<SegmentArchiveContext, 'earlier' | 'later'> {
  const first = statements.at(0)?.position ?? Infinity
  const last = statements.at(-1)?.position ?? Infinity
  return {
    earlier: all.filter(({ position }) => position < first),
    later: all.filter(({ position }) => position > last),
  }
}

/** Where the migration itself says that rows are kept, all of them are. */
async function readRestored(
  client: pg.Client,
  actor: Writer,
  { reversion, keepRows }: ArchivePolicy,
): Promise<RestoredTables> {
  if (!reversion || keepRows !== undefined) return new Map()
  return asMigrator(client, () => readRestoredTables(client, actor, reversion))
}

async function readPending(client: pg.Client, { ledger }: Writer): Promise<ArchiveEntry[]> {
  const all = (await hasArchive(client)) ? await readEntries(client, ledger) : []
  return all.filter(({ note }) => note === null)
}

/** What is tried first is said once it is known whether it stays. */
async function holding<T>(notices: NoticeBook, work: () => Promise<T>): Promise<T> {
  const release = notices.hold()
  try {
    return await work()
  } finally {
    release()
  }
}

/** Run again, a statement raises its notices again. */
function rewinding(notices: NoticeBook, execute: () => Promise<number>): () => Promise<number> {
  const heard = notices.ofTry().length
  return () => {
    notices.rewind(heard)
    return execute()
  }
}
