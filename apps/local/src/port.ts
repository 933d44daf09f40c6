import { once } from 'node:events'
import { createServer } from 'node:net'
import { SettingsError } from './env.ts'

/**
 * Finds out before anything is started whether the service will be able to listen.
 *
 * @throws {@link SettingsError} when another program has the port.
 */
export async function assertPortIsFree(port: number): Promise<void> {
  const probe = createServer().listen(port)
  try {
    await once(probe, 'listening')
  } catch (cause) {
    const next = `Stop the program that has it, or set PORT to another: PORT=${port + 1}`
    throw new SettingsError(`Port ${port} cannot be used. ${next}`, { cause })
  }
  probe.close()
  await once(probe, 'close')
}
