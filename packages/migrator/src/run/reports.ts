import type pg from 'pg'
import type { DatabaseState } from '../database-state.ts'
import type { Listener, RunEvent } from '../events.ts'
import { FLUSH } from '../journal/journal.ts'
import { during } from '../session/during.ts'

/** What a person waits for, and what says nothing of the work. */
const AT_ONCE: ReadonlySet<RunEvent['type']> = new Set([
  'connection-lost',
  'waiting-for-lock',
] as const)

/** Nobody waits for longer to hear what is done. */
const HELD_FOR_MS = 1000

/**
 * The events of a run. PostgreSQL writes its log in order, so a crash loses the last migrations or none: those that
 * commit without waiting for the disk are on it once a later commit is. Until then what happens is held, in its order,
 * since nothing may be reported as done that a crash could undo.
 */
export class Reports {
  readonly #listener: Listener
  readonly #held: RunEvent[] = []
  /** A transaction has committed, and may be lost. */
  #mayLose = false
  /** How many have. */
  #commits = 0
  /** When the oldest of those has. */
  #since = 0

  constructor(listener: Listener) {
    this.#listener = listener
  }

  readonly onEvent: Listener = (event) => {
    if (this.#mayLose && !AT_ONCE.has(event.type)) this.#held.push(event)
    else this.#listener(event)
  }

  /** There is something to flush. */
  get isHolding(): boolean {
    return this.#mayLose
  }

  /** True where a commit may leave it to a later one to wait for the disk. */
  get mayHold(): boolean {
    return !this.#mayLose || performance.now() - this.#since < HELD_FOR_MS
  }

  /** After a commit which has not waited: what follows is held. */
  hold(): void {
    if (!this.#mayLose) this.#since = performance.now()
    this.#mayLose = true
    this.#commits += 1
  }

  /** After a commit which has waited, and all before it with it. */
  release(): void {
    this.#mayLose = false
    this.#tell(this.#held.length)
  }

  /** Waits until what was committed is on disk, and reports it. Any connection will do. */
  async flush(client: pg.ClientBase): Promise<void> {
    if (!this.#mayLose) return
    const commits = this.#commits
    const { length } = this.#held
    await during({ doing: 'waiting for the disk' }, () => client.query(FLUSH))
    // On another connection it goes on meanwhile.
    if (commits === this.#commits) this.release()
    else this.#tell(length)
  }

  #tell(count: number): void {
    for (const event of this.#held.splice(0, count)) this.#listener(event)
  }

  /**
   * After a session was lost, and maybe the server with it: forgets what is held of work that is not there any more, and
   * returns the migrations that are not done for that reason.
   */
  forgetLost(state: DatabaseState): ReadonlySet<string> {
    const lost = new Set<string>()
    const first = this.#held.findIndex((event) => isLost(event, state))
    if (first === -1) return lost
    const after = this.#held.splice(first)
    for (const event of after) if (event.type === 'migration-done') lost.add(event.migration)
    return lost
  }
}

/** Only what runs upwards is held. */
function isLost(event: RunEvent, { completed, unfinished }: DatabaseState): boolean {
  if (event.type !== 'migration-done' && event.type !== 'segment-done') return false
  if (completed.get(event.migration)?.direction === 'up') return false
  if (event.type === 'migration-done') return true
  const entries = unfinished.get(event.migration) ?? []
  return !entries.some(
    ({ event: what, direction, segment }) =>
      what === 'done' && direction === 'up' && segment === event.segment,
  )
}
