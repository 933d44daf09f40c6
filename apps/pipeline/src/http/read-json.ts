import type { FastifyInstance } from 'fastify'

/** Many clients name JSON in each request: where no body follows, as to cancel or to delete, there is nothing to read. */
export function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, text, done) => {
      if (text === '') done(null)
      else void parse(request, text, done)
    },
  )
}
