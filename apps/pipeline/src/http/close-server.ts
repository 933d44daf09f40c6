import type { FastifyInstance } from 'fastify'

/** How long requests may go on after the service was told to stop. */
const GRACE_MILLISECONDS = 4000

/** Takes no more requests, lets those under way end, and then ends the clients that are too slow. */
export async function closeServer(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), GRACE_MILLISECONDS)
  await app.close()
  clearTimeout(timer)
}
