import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { existsSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countRoutesAs } from '../http/metrics.ts'

/** Where the build of the console is: apps/console. */
const BUILT = fileURLToPath(new URL('../../../console/dist/', import.meta.url))

/** Nothing runs and nothing is shown that is not a file of the console; it talks to this origin alone. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** Serves the console at /. Its files need no key: they ask the operator for it. */
export async function consoleRoutes(
  app: FastifyInstance,
  { built = BUILT }: { readonly built?: string },
): Promise<void> {
  countRoutesAs(app, 'console')
  if (!existsSync(`${built}index.html`)) {
    app.get('/', { schema: { hide: true } }, (_, reply) =>
      reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT),
    )
    return
  }
  await app.register(fastifyStatic, {
    root: built,
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => void reply.headers(headersOf(relative(built, path))),
  })
}

const NOT_BUILT = 'The console is not built. Run: pnpm --filter @techfacts/console build\n'

function headersOf(file: string): Record<string, string> {
  // The name of an asset has the hash of its content, so it never changes. The page that names them does.
  const isAsset = dirname(file) === 'assets'
  return {
    'cache-control': isAsset ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': POLICY,
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }
}
