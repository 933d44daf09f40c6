import swagger from '@fastify/swagger'
import scalar from '@scalar/fastify-api-reference'
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { countRoutesAs } from './metrics.ts'
import { describeProblems } from './problems.ts'
import { tidyDocument } from './tidy-document.ts'

/**
 * Serves /openapi.json, made from the schemas that validate, and /docs, a page that reads it and needs
 * nothing from other servers. Register it before the routes that it describes.
 */
export async function serveDocumentation(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: TITLE, version: '1', description: DESCRIPTION },
      security: [{ key: [] }],
      components: {
        securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-API-Key' } },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (described) => tidyDocument(jsonSchemaTransformObject(described)),
  })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  await app.register(async (docs) => {
    docs.addHook('onSend', allowInlineScripts)
    countRoutesAs(docs, REFERENCE_PAGE.routePrefix)
    await docs.register(scalar, REFERENCE_PAGE)
  })
}

const TITLE = 'TechFacts pipeline'

const REFERENCE_PAGE = {
  routePrefix: '/docs',
  configuration: {
    url: '/openapi.json',
    pageTitle: TITLE,
    // Each of these would reach out to the vendor's servers.
    withDefaultFonts: false,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: 'never',
  },
} as const

/** The page runs its own scripts by their hashes, and nothing else. It makes its styles as it runs. */
async function allowInlineScripts(_: FastifyRequest, reply: FastifyReply, payload: unknown) {
  if (typeof payload !== 'string' || !payload.startsWith('<!doctype html>')) return payload
  const [, ...scripts] = payload.split('<script type="text/javascript">')
  const hashes = scripts.map((script) =>
    createHash('sha256').update(script.split('</script>', 1).join()).digest('base64'),
  )
  reply.header(
    'content-security-policy',
    [
      "default-src 'none'",
      ["script-src 'self'", ...hashes.map((hash) => `'sha256-${hash}'`)].join(' '),
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data:",
      "font-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  )
  return payload
}

const DESCRIPTION = `Documents go in, facts come out.

Every failure is RFC 9457 problem details (application/problem+json). Match \`code\`, which is stable:

${describeProblems()}`
