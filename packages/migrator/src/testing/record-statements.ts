import { Client } from 'pg'

/** What went over connections of this process while it was recorded. */
export interface Recording {
  readonly statements: ReadonlySet<string>
  /** Of every connection, in words. */
  readonly notices: readonly string[]
  readonly stop: () => void
}

type Query = (this: Client, ...args: unknown[]) => unknown

/** Records every statement that this process sends, and every notice that it gets. */
export function recordStatements(): Recording {
  const statements = new Set<string>()
  const notices: string[] = []
  const heard = new WeakSet<Client>()
  const prototype = Client.prototype as unknown as { query: Query }
  const { query } = prototype
  prototype.query = function record(this: Client, ...args: unknown[]) {
    const [first] = args
    const text = typeof first === 'string' ? first : (first as { text?: unknown } | null)?.text
    if (typeof text === 'string') statements.add(text)
    if (!heard.has(this)) {
      heard.add(this)
      this.on('notice', ({ message = '' }) => notices.push(message))
    }
    return query.apply(this, args)
  }
  const stop = () => {
    prototype.query = query
  }
  return { statements, notices, stop }
}
