import { statementIn, type Message, type Side } from './messages.ts'

/** A message as it was seen on its way. */
export interface Sent extends Message {
  readonly from: Side
  /** The number of its connection. */
  readonly connection: number
}

/** A moment between two messages. */
export interface Moment {
  /** The number of the message, from 1, of both directions and all connections together. */
  readonly message: number
  readonly when: 'before' | 'after'
  /**
   * The text of the statement and the place between its messages; of a statement that changes something, its
   * transaction, too. Moments of one place are alike for the client, which waits for the same. What the server has
   * kept changes with each transaction, and each is left by a stop at a statement that changes something.
   */
  readonly place: string
}

/**
 * Every moment of a conversation at which a stop may find something of its own. No such moments are those
 * - between Parse, Bind and Describe: nothing runs before Execute;
 * - within an answer, before the message that ends it: the server has done the work before it sends the first
 *   of them, and a client settles no query before the last;
 * - of a statement that changes nothing, but for: the client waits, it has part of the answer, it has all of it.
 *
 * Before a message that follows one of the same side is no moment of its own: it is the one after that message.
 */
export function listMoments(messages: readonly Sent[]): Moment[] {
  const found = contextsIn(messages)
  return messages.flatMap((message, i) => {
    const [previous, next, context] = [messages[i - 1], messages[i + 1], found[i]]
    if (!context) return []
    const { exchange, transaction } = context
    const within = exchange.changes ? `${transaction} ` : ''
    const place = `${within}${exchange.statement} ${message.from} ${message.type}`
    const moment = (when: Moment['when']) => ({ message: i + 1, when, place: `${place} ${when}` })
    return [
      ...(previous?.from === message.from || !exchange.changes ? [] : [moment('before')]),
      ...(isWithin(message, next, exchange) ? [] : [moment('after')]),
    ]
  })
}

/** Parse, Bind, Describe. */
const PREPARATION = new Set(['P', 'B', 'D'])
const READY = 'Z'

function isWithin(message: Sent, next: Sent | undefined, { changes }: Exchange): boolean {
  if (next?.from !== message.from || next.connection !== message.connection) return false
  if (message.from === 'server') return message.type !== READY && next.type !== READY
  return !changes || (PREPARATION.has(message.type) && PREPARATION.has(next.type))
}

/** What a client asks, and the answer to it, up to ReadyForQuery. */
interface Exchange {
  statement: string
  changes: boolean
}

interface Context {
  /** How many transactions that changed something were over before. */
  readonly transaction: number
  readonly exchange: Exchange
}

function contextsIn(messages: readonly Sent[]): Context[] {
  const exchanges = new Map<number, Exchange>()
  let transaction = 0
  let hasChanged = false
  return messages.map((message) => {
    const { connection, type, from } = message
    const exchange = exchanges.get(connection) ?? { statement: '', changes: false }
    exchanges.set(connection, exchange)
    if (from === 'client') ask(exchange, message)
    else if (type === 'C' && isChange(message)) exchange.changes = true
    hasChanged ||= exchange.changes
    if (from === 'server' && type === READY) exchanges.delete(connection)
    if (hasChanged && endsTransaction(message)) {
      transaction += 1
      hasChanged = false
    }
    return { transaction, exchange }
  })
}

function ask(exchange: Exchange, message: Sent): void {
  const statement = statementIn(message)
  if (statement === undefined) return
  exchange.statement += withoutNumbers(statement)
  if (MOVES_SEQUENCE.test(statement)) exchange.changes = true
}

/** Random and numbered names: `e12`, the identifier of a run. */
function withoutNumbers(statement: string): string {
  return statement
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b/g, '#')
    .replaceAll(/\d+/g, '#')
}

const MOVES_SEQUENCE = /\b(?:next|set)val\b/
const CHANGES_NOTHING = /^(?:SELECT|SHOW|SET|RESET|BEGIN|SAVEPOINT|RELEASE|ROLLBACK)\b/

/** Whether a CommandComplete is that of a statement that may have changed something. */
function isChange({ bytes }: Message): boolean {
  return !CHANGES_NOTHING.test(bytes.subarray(5).toString())
}

/** ReadyForQuery says whether the server is in a transaction. */
function endsTransaction({ type, bytes }: Message): boolean {
  return type === READY && bytes.at(-1) === 'I'.charCodeAt(0)
}

/** One moment of each place, in their order: by chance, so that in time each has its turn. */
export function oneOfEach(moments: readonly Moment[], random: () => number): Moment[] {
  const chosen = new Map<string, { readonly moment: Moment; readonly key: number }>()
  for (const moment of moments) {
    const key = random()
    const other = chosen.get(moment.place)
    if (!other || key < other.key) chosen.set(moment.place, { moment, key })
  }
  const all = new Set([...chosen.values()].map(({ moment }) => moment))
  return moments.filter((moment) => all.has(moment))
}
