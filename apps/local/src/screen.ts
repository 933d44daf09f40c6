import type { Database } from './database.ts'

/** What the last screen of a start tells. */
export type Running = {
  /** Of the service, without a path. */
  readonly url: string
  readonly apiKey: string
  readonly database: Pick<Database, 'url' | 'isEmbedded'>
}

/**
 * The last screen of a start. The embedded server's URL has its password: it was made for this
 * checkout, and the server listens on this machine only. A given server's is not repeated.
 */
export function screen({ url, apiKey, database }: Running): string {
  const project = JSON.stringify({ name: 'My project', template: 'technical_facts' })
  return `
TechFacts is running.

  Console    ${url}
  API        ${url}/api/v1
  Reference  ${url}/docs
  API key    ${apiKey}
  Database   ${database.isEmbedded ? database.url : 'as given by DATABASE_URL'}

Make a project:

  curl -X POST ${url}/api/v1/projects \\
    -H 'X-API-Key: ${apiKey}' -H 'Content-Type: application/json' \\
    -d '${project}'

Ctrl-C stops everything; the data are kept.
`
}
