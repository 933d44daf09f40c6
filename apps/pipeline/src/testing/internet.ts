import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isPublicAddress } from '../fetching/addresses.ts'
import { createAgent } from '../fetching/connect.ts'

/** The one address that stands for the public internet in a test; every other one is judged as it is. */
const STAND_IN = '127.0.0.1'

/**
 * A server of the test's own that every name leads to. `answers` are what the resolver says instead,
 * one after the other.
 */
export async function openInternet(listener: RequestListener) {
  const server = createServer(listener).listen(0, STAND_IN)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answers: string[][] = []
  const asked: string[] = []
  const dispatcher = createAgent({
    resolve: async (hostname) => {
      asked.push(hostname)
      return answers.shift() ?? [STAND_IN]
    },
    isAllowed: (address) => address === STAND_IN || isPublicAddress(address),
    portOf: () => String(port),
  })
  return {
    dispatcher,
    answers,
    asked,
    async close(): Promise<void> {
      await dispatcher.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}
