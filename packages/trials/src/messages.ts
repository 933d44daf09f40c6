/** How PostgreSQL frames what it sends: https://www.postgresql.org/docs/18/protocol-message-formats.html */

export interface Message {
  /** The type's letter; empty for the start-up packet, which has none. */
  readonly type: string
  /** The whole message, header and all. */
  readonly bytes: Buffer
}

/** Who sends a message. */
export type Side = 'client' | 'server'

/**
 * Cuts the chunks of one direction of a connection into messages. `startsUntyped` is for the client's
 * side, whose first packet has a length only.
 */
export function messageReader(startsUntyped: boolean): (chunk: Buffer) => Message[] {
  let rest: Buffer = Buffer.alloc(0)
  let isUntyped = startsUntyped
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const messages: Message[] = []
    for (;;) {
      const header = isUntyped ? 0 : 1
      if (rest.length < header + 4) return messages
      const length = header + rest.readInt32BE(header)
      if (rest.length < length) return messages
      const type = isUntyped ? '' : String.fromCharCode(rest.readUInt8(0))
      messages.push({ type, bytes: rest.subarray(0, length) })
      rest = rest.subarray(length)
      isUntyped = false
    }
  }
}

/** The text of the statement that a Query or a Parse brings. */
export function statementIn({ type, bytes }: Message): string | undefined {
  if (type !== 'Q' && type !== 'P') return undefined
  const [first = '', second = ''] = bytes.subarray(5).toString().split('\0')
  return type === 'Q' ? first : second // a Parse has the name of the prepared statement before it
}
