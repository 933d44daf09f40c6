import type { Client } from 'pg'
import { authorsSettings, beginAsAuthor, rollBackAsAuthor } from '../session/author.ts'
import { isConnectionLost, isRetried, sqlState } from '../session/connect.ts'
import type { StatementTimeouts } from '../session/side-settings.ts'
import type { Claimed, NextRange } from './ranges.ts'
import type { Range, Walk } from './walk.ts'

/** Ends a batch after which a row remains: it would be done again without end. */
export class StillRemains extends Error {
  override readonly message = 'a row still remains after its batch, so that it would never end'
}

/** What a batch returns: how many rows it has changed, and how many of them remain. None of a statement. */
interface BatchCount {
  readonly rows: number
  readonly remaining: number
}

/** Throws StillRemains, and what PostgreSQL refuses. */
export async function writeRows(client: Client, text: string) {
  const { rows, rowCount } = await client.query<BatchCount>(text)
  const [counted] = rows
  if ((counted?.remaining ?? 0) > 0) throw new StillRemains()
  return { isCounted: counted !== undefined, changed: counted?.rows ?? rowCount ?? 0 }
}

/** Canceled, by a timeout or by others: each try might take as long. */
const CANCELED = '57014'

const failsAgain = (error: unknown) => !isRetried(error) && sqlState(error) !== CANCELED

/**
 * The part of a range in which a row fails, as small as tries find it: each takes half of what is left, and is rolled back. Where
 * others have locked rows of it, or nothing fails again, it is what is left then. Throws the error of a lost connection.
 */
export async function findFailing(
  client: Client,
  walk: Walk,
  claimed: Claimed,
  { error: first, timeouts }: { readonly error: unknown; readonly timeouts: StatementTimeouts },
): Promise<Range> {
  const tryRows = (range: Range) =>
    inVain(client, timeouts, () => writeRows(client, walk.writeBatch(range)))
  const fails = async (range: Range) =>
    tryRows(range).then(
      () => false,
      (error: unknown) => {
        if (isConnectionLost(error)) throw error
        return failsAgain(error)
      },
    )
  let [found, rows]: [Range, number] = [claimed, failsAgain(first) ? claimed.size : 1]
  while (rows > 1) {
    const half = Math.ceil(rows / 2)
    const { low, high } = found
    const text = walk.findNext(low, high, half)
    const next = await inVain(client, timeouts, () => client.query<NextRange>(text))
    const [middle, ...others] = next.rows
    if (!middle || others.length === 0) break
    const [lower, upper] = [
      { low, high: middle.key },
      { low: middle.key, high },
    ]
    if (await fails(lower)) [found, rows] = [lower, half]
    else if (await fails(upper)) [found, rows] = [upper, rows - half]
    else break
  }
  return found
}

/** Runs `work` in a transaction of the author's that is rolled back. */
async function inVain<T>(client: Client, timeouts: StatementTimeouts, work: () => Promise<T>) {
  const before = authorsSettings(client)
  await beginAsAuthor(client, 'select', timeouts)
  try {
    return await work()
  } finally {
    // Of a lost connection this fails with the same error.
    await rollBackAsAuthor(client, before)
  }
}
