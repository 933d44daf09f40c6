import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'
import type { Segment } from '../plan/segments.ts'
import { readFields, type PostgresError } from '../errors/postgres-error.ts'
import type { Listener } from '../events.ts'

/** A migration may raise as many as it likes; what is shown and kept of them is bounded. */
const MOST = 100
const MOST_BYTES = 8192
const LONGEST_TEXT = 1000

const REST: PostgresError = {
  sqlstate: '00000',
  severity: 'NOTICE',
  message: 'What else this migration raises is neither shown nor kept.',
}

/** What the statements of one migration raise below an error. */
export interface NoticeBook {
  /** Notices of the segments that are done, and of the current try. */
  all(): readonly PostgresError[]
  /** Notices of the current try, for its entry in the journal. */
  ofTry(): readonly PostgresError[]
  /** A try begins: notices of an earlier try of the same segment were rolled back with it. */
  beginTry(segment: number): void
  /** What is raised until the function that is returned is called is reported then, without what was rewound. */
  hold(): () => void
  /** Forgets what came after the first `to` of the try: it was rolled back. */
  rewind(to: number): void
  /** Listens while `segment` runs, until the function that is returned is called. */
  listen(client: pg.Client, segment: Segment): () => void
}

export function noticeBook(migration: string, onEvent: Listener): NoticeBook {
  const kept = new Map<number, PostgresError[]>()
  let current: PostgresError[] = []
  const all = () => [...kept.values()].flat()
  const reporter = reportOnce((segment, notice) =>
    onEvent({ type: 'notice', migration, segment, notice }),
  )
  const hear = (notice: PostgresError) => {
    const heard = all()
    if (heard.at(-1) === REST) return
    const isFull = heard.length >= MOST || countBytes([...heard, notice]) > MOST_BYTES
    current.push(isFull ? REST : notice)
    reporter.report()
  }
  return {
    all,
    ofTry: () => current,
    rewind: (to) => void current.splice(to),
    beginTry: (segment) => {
      kept.set(segment, (current = []))
      reporter.begin(segment, current)
    },
    hold: () => reporter.hold(),
    listen: (client, segment) => {
      const onNotice = (message: object) => {
        const notice = readFields(message)
        if (notice && isOfStatement(client, segment)) hear(shortened(notice))
      }
      client.on('notice', onNotice)
      return () => client.off('notice', onNotice)
    },
  }
}

/** Reports what a try raises, unless an earlier try of the same segment has raised the same. */
function reportOnce(send: (segment: number, notice: PostgresError) => void) {
  let trying = { segment: -1, raised: [] as readonly PostgresError[] }
  let reported: PostgresError[] = []
  let isHeld = false
  const report = () => {
    for (const [index, notice] of isHeld ? [] : trying.raised.entries()) {
      if (isDeepStrictEqual(reported[index], notice)) continue
      reported[index] = notice
      send(trying.segment, notice)
    }
  }
  return {
    report,
    begin: (segment: number, raised: readonly PostgresError[]) => {
      if (segment !== trying.segment) reported = []
      trying = { segment, raised }
    },
    hold: () => {
      isHeld = true
      return () => {
        isHeld = false
        report()
      }
    },
  }
}

/** Notices of the migrator's own statements are not shown. A caller's transaction has no such events. */
function isOfStatement(client: pg.Client, { run, statements }: Segment): boolean {
  if (run && statements.length === 0) return true
  const { _activeQuery: active } = client as unknown as { _activeQuery?: { text?: string } | null }
  return statements.some(({ sql }) => sql === active?.text)
}

function shortened({ sqlstate, severity, message, detail, hint, where }: PostgresError) {
  const texts = Object.entries({ message, detail, hint, where }).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, cut(text)]],
  )
  return { sqlstate, severity, ...Object.fromEntries(texts) } as PostgresError
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}

function countBytes(notices: readonly PostgresError[]): number {
  return Buffer.byteLength(JSON.stringify(notices))
}
