import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pooler } from './pooler.ts'

/** True where the real PgBouncer is on PATH. */
export const hasPgBouncer = spawnSync('pgbouncer', ['--version']).status === 0

/** Starts a real PgBouncer in front of the database of `url`; `settings` are lines of its own, which come last. */
export async function startPgBouncer(
  url: string,
  mode: 'transaction' | 'session',
  settings = '',
): Promise<Pooler> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const database = pathname.slice(1)
  const listenPort = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'pgbouncer-'))
  const ini = `[databases]
${database} = host=${hostname} port=${port} dbname=${database} user=${username} password=${decodeURIComponent(password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 5
${settings}
`
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(file, ini)
  // It refuses to run as root.
  const isRoot = process.getuid?.() === 0
  if (isRoot) await Promise.all([chmod(folder, 0o755), chmod(file, 0o644)])
  const child = spawn('pgbouncer', [...(isRoot ? ['-u', 'nobody'] : []), file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'exit')
  for await (const chunk of child.stderr) if (String(chunk).includes('process up')) break
  child.stderr.resume()
  const through = new URL(url)
  through.port = String(listenPort)
  return {
    url: through.href,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await once(probe.listen(0, '127.0.0.1'), 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
