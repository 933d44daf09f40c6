import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { messageReader, type Side } from './messages.ts'
import type { Sent } from './moments.ts'

/** Stands between a client and a server, sees each message after the start-up, and may stop it. */
export interface Proxy {
  /** The URL of the same database, through the proxy. */
  readonly url: string
  /** Refuses every login from now on, with this SQLSTATE. */
  refuse(code: string, message: string): void
  /** Lets logins through again. */
  admit(): void
  /** A stop that has begun is waited for; none begins after it. */
  close(): Promise<void>
}

/** What becomes of a message, and of its connection. */
export type Verdict = 'forward' | 'stop-before' | 'stop-after'

export interface Observer {
  /** Called for each message after the start-up with its number, from 1. */
  readonly judge?: (number: number, message: Sent) => Verdict
  /** Called at a stop, while nothing is forwarded any more; afterwards both sides are cut. */
  readonly stop?: () => Promise<void>
}

/** Starts a proxy in front of the server of `url`, on a port of its own. */
export async function startProxy(url: string, observer: Observer = {}): Promise<Proxy> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let count = 0
  let connections = 0
  let refusal: Buffer | undefined
  let isClosed = false
  const stops: Promise<void>[] = []
  const onceOpen: Observer = {
    ...observer,
    stop: async () => {
      if (isClosed) return
      const stopped = observer.stop?.() ?? Promise.resolve()
      stops.push(stopped)
      await stopped
    },
  }
  const server = createServer((client) => {
    if (refusal) return answerLogin(client, refusal)
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true).on('error', () => {})
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
    link(client, upstream, (connections += 1), onceOpen, () => (count += 1))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const through = new URL(url)
  through.port = String((server.address() as AddressInfo).port)
  return {
    url: through.href,
    refuse: (code, message) => void (refusal = errorResponse(code, message)),
    admit: () => void (refusal = undefined),
    close: async () => {
      isClosed = true
      await Promise.all(stops)
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Carries both directions of one connection until one side closes, or a stop. */
function link(
  client: Socket,
  server: Socket,
  connection: number,
  observer: Observer,
  next: () => number,
): void {
  const { judge = () => 'forward' } = observer
  let isStarting = true
  let isStopped = false
  const stop = async () => {
    await observer.stop?.()
    client.destroy()
    server.destroy()
  }
  const carry = (source: Socket, sink: Socket, from: Side) => {
    const read = messageReader(from === 'client')
    source.on('data', (chunk) => {
      for (const message of read(chunk)) {
        if (isStopped) return
        const verdict = isStarting ? 'forward' : judge(next(), { ...message, from, connection })
        // ReadyForQuery ends the start-up.
        if (from === 'server' && message.type === 'Z') isStarting = false
        isStopped = verdict !== 'forward'
        if (verdict === 'stop-before') void stop()
        else sink.write(message.bytes, () => verdict === 'stop-after' && void stop())
      }
    })
    source.once('close', () => void (isStopped || sink.end()))
    source.once('end', () => void (isStopped || sink.end()))
  }
  carry(client, server, 'client')
  carry(server, client, 'server')
}

function answerLogin(client: Socket, answer: Buffer): void {
  client.on('error', () => {}).once('data', () => client.end(answer))
}

/** https://www.postgresql.org/docs/18/protocol-error-fields.html */
function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
  const header = Buffer.alloc(5)
  header.write('E')
  header.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([header, fields])
}
