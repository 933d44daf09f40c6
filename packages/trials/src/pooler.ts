import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { Client } from 'pg'
import { messageReader } from './messages.ts'

/**
 * The least that a pooler does: clients log in at the pooler, which tells them a process id of its own
 * making, and lends them one of its server connections for a transaction, or for a session.
 */
export interface Pooler extends AsyncDisposable {
  readonly url: string
}

export interface PoolerOptions {
  readonly mode: 'transaction' | 'session'
  readonly size: number
  /** Which free connection is lent: the one used last, or the one unused for longest. */
  readonly lends: 'last-used' | 'in-turn'
}

/** Starts a pooler in front of the database of `url`. */
export async function startPooler(url: string, options: PoolerOptions): Promise<Pooler> {
  const all = new Set(await Promise.all(Array.from({ length: options.size }, () => logIn(url))))
  const pool = makePool(url, all, options.lends)
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    clients.add(client.setNoDelay(true).on('error', () => {}))
    serve(client, pool, options.mode)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const through = new URL(url)
  through.port = String((server.address() as AddressInfo).port)
  return {
    url: through.href,
    [Symbol.asyncDispose]: async () => {
      await pool.close()
      for (const socket of [...clients, ...all]) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A server connection past its login; pg has done the login, and hands over the socket. */
async function logIn(url: string): Promise<Socket> {
  const client = new Client({ connectionString: url, application_name: 'pooler' })
  await client.connect()
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  stream.removeAllListeners()
  return stream.on('error', () => {})
}

interface Pool {
  take(): Promise<Socket>
  giveBack(server: Socket): void
  replace(server: Socket): void
  /** Nothing is replaced after this: the database may be gone by then. */
  close(): Promise<void>
}

function makePool(url: string, all: Set<Socket>, lends: PoolerOptions['lends']): Pool {
  const free = [...all]
  const waiting: ((server: Socket) => void)[] = []
  const logins: Promise<void>[] = []
  let isClosed = false
  const giveBack = (server: Socket) => {
    const next = waiting.shift()
    if (next) next(server)
    else free.push(server)
  }
  const join = async () => {
    const fresh = await logIn(url)
    all.add(fresh)
    giveBack(fresh)
  }
  return {
    take: async () => {
      const server = lends === 'last-used' ? free.pop() : free.shift()
      return server ?? new Promise((resolve) => waiting.push(resolve))
    },
    giveBack,
    replace: (server) => {
      server.destroy()
      all.delete(server)
      if (isClosed) return
      logins.push(join())
    },
    close: async () => {
      isClosed = true
      await Promise.all(logins)
    },
  }
}

/** Lets one client in, and carries its messages to the server connection that it has at the moment. */
function serve(client: Socket, pool: Pool, mode: PoolerOptions['mode']): void {
  const read = messageReader(true)
  let lent: Promise<Socket> | undefined
  const release = (server: Socket) => {
    server.removeAllListeners('data')
    lent = undefined
    pool.giveBack(server)
  }
  const borrow = async () => {
    const server = await pool.take()
    const readReply = messageReader(false)
    server.on('data', (chunk) => {
      for (const { type, bytes } of readReply(chunk)) {
        const isIdle = type === 'Z' && bytes.at(-1) === 'I'.charCodeAt(0)
        if (isIdle && mode === 'transaction') release(server)
        client.write(bytes)
      }
    })
    return server
  }
  client.on('data', (chunk) => {
    for (const { type, bytes } of read(chunk)) {
      if (type === '') client.write(welcome())
      else if (type === 'X') client.end()
      else {
        lent ??= borrow()
        void lent.then((server) => server.write(bytes))
      }
    }
  })
  // What a client has left behind goes with its server connection.
  client.once('close', () => void lent?.then((server) => pool.replace(server)))
}

/** AuthenticationOk, a made-up BackendKeyData, ReadyForQuery. */
function welcome(): Buffer {
  const key = Buffer.alloc(8)
  key.writeInt32BE(Math.floor(Math.random() * 2 ** 31))
  return Buffer.concat([
    framed('R', Buffer.alloc(4)),
    framed('K', key),
    framed('Z', Buffer.from('I')),
  ])
}

function framed(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.write(type)
  header.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}
