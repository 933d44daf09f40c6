import type pg from 'pg'
import { trySavepoint } from '../session/savepoints.ts'
import { isRefused } from './text.ts'
import { fireDeferred } from './triggers.ts'

/*
 * Where PostgreSQL refuses values together, those that it does not refuse are found by halves: one row that conflicts
 * keeps no other in the archive.
 */

/** So often may it refuse before what is left stays as it is: each time costs a statement under the locks. */
const LIMIT = 1000

/** The first and the last number of rows that are given together. */
type Part = readonly [from: number, to: number]

interface Halves {
  /** What `give` did, in all. */
  readonly given: number
  /** How many rows PostgreSQL has refused. */
  readonly refused: number
  readonly why: string
}

/** `give` gives the fresh rows of a relation of the archive for which a condition of a row `a` is true. */
export async function giveByHalves(
  client: pg.ClientBase,
  source: string,
  give: (which: string) => Promise<number>,
): Promise<Halves> {
  const count = await number(client, source)
  const trials = new Trials(client, async (part) => give(whichOf(part)))
  // All that a segment restores has the version of its entry in the journal, and so of no savepoint: it is done again.
  const work = async (): Promise<void> => {
    if (count > 0) await trials.run([1, count])
    throw UNDO
  }
  await trySavepoint(client, work, isUndone)
  let given = 0
  for (const part of trials.given) given += await give(whichOf(part))
  await client.query(`alter table ${source} drop column nr`)
  const refused = trials.refused.reduce((sum, [from, to]) => sum + to - from + 1, 0)
  return { given, refused, why: trials.why }
}

const UNDO = new Error('what was tried is undone')
const isUndone = (error: unknown) => error === UNDO

const whichOf = ([from, to]: Part) => `a.nr between ${from} and ${to}`

async function number(client: pg.ClientBase, source: string): Promise<number> {
  await client.query(`alter table ${source} add column nr bigint`)
  const { rowCount } = await client.query(
    `update ${source} a set nr = n.nr from (select ctid as at, row_number() over (order by ctid) as nr from ${source} where fresh) n
      where a.ctid = n.at`,
  )
  await client.query(`create index on ${source} (nr)`)
  return rowCount ?? 0
}

class Trials {
  readonly #client: pg.ClientBase
  readonly #give: (part: Part) => Promise<number>
  #refusals = 0
  /** In this order nothing is refused. */
  readonly given: Part[] = []
  refused: readonly Part[] = []
  /** The last reason, in the words of PostgreSQL. */
  why = ''

  constructor(client: pg.ClientBase, give: (part: Part) => Promise<number>) {
    this.#client = client
    this.#give = give
  }

  /** As long as something is given: that may make room for the rest. */
  async run(all: Part): Promise<void> {
    this.refused = await this.#try(all)
    let before: number
    do {
      before = this.given.length
      const refused: Part[] = []
      for (const part of this.refused) refused.push(...(await this.#try(part)))
      this.refused = refused
    } while (this.given.length > before)
  }

  /** Returns what is refused. */
  async #try(part: Part): Promise<readonly Part[]> {
    if (this.#refusals >= LIMIT) return [part]
    const work = async () => {
      await this.#give(part)
      await fireDeferred(this.#client)
    }
    const tried = await trySavepoint(this.#client, work, isRefused)
    if ('value' in tried) {
      this.given.push(part)
      return []
    }
    this.#refusals += 1
    this.why = (tried.refusal as Error).message
    const [from, to] = part
    if (from === to) return [part]
    const middle = Math.floor((from + to) / 2)
    return [...(await this.#try([from, middle])), ...(await this.#try([middle + 1, to]))]
  }
}
