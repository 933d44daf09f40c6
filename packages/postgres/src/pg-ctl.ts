import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Binaries } from './binaries.ts'
import type { Cluster } from './cluster.ts'
import { findPostmaster } from './postmaster.ts'
import { run, type Account } from './run.ts'

/** Reachable from this machine only, and by TCP only: a socket's path has a length limit. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

/** Starts and stops one cluster's server. */
export type PgCtl = {
  /** Starts the server on a free port; says why where it does not come up. */
  start(settings: Readonly<Record<string, string>>): Promise<string | undefined>
  stop(): Promise<void>
}

/**
 * pg_ctl makes a daemon of the server: it hears no Ctrl-C of the terminal, and lives on until it is
 * stopped.
 *
 * @see https://www.postgresql.org/docs/current/app-pg-ctl.html
 */
export function pgCtl(
  { data, log }: Cluster,
  { pgCtl }: Binaries,
  account: Account | undefined,
): PgCtl {
  const call = (action: string, ...options: string[]) =>
    run(pgCtl, [action, '--wait', '--timeout=60', `--pgdata=${data}`, ...options], account)

  return {
    async start(settings) {
      const all = Object.entries({ ...SETTINGS, port: await freePort(), ...settings })
      const options = all.map(([name, value]) => `-c ${name}=${shellQuote(String(value))}`)
      const { code, output } = await call('start', `--log=${log}`, `--options=${options.join(' ')}`)
      return code === 0 ? undefined : `${output}\n${await lastLines(log)}`
    },
    async stop() {
      const { code, output } = await call('stop', '--mode=fast')
      if (code !== 0 && (await findPostmaster(data))) {
        throw new Error(`The PostgreSQL server of ${data} does not stop: ${output}`)
      }
    },
  }
}

/** Another program may take the port before the server does: starting is tried again then. */
async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No free port on 127.0.0.1.')
  return address.port
}

/** pg_ctl hands its options to a shell. */
function shellQuote(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trim().split('\n').slice(-10).join('\n')
}
