import { z } from 'zod'

/**
 * Every way in which a request can fail: the code that clients match, its status, and what it means.
 * The OpenAPI document and the README are generated from it.
 */
export const PROBLEMS = {
  invalid_request: [400, 'A field of the body, path or query is not what the API takes.'],
  malformed_body: [400, 'The body is not JSON.'],
  malformed_request: [400, 'The request is not HTTP that the server can read.'],
  invalid_cursor: [400, '`after` is not the `next` of a page of this list.'],
  unauthorized: [401, 'X-API-Key is missing or no key of this service.'],
  route_not_found: [404, 'There is no such route.'],
  project_not_found: [404, 'There is no project of this id.'],
  source_not_found: [404, 'The project has no source of this id.'],
  job_not_found: [404, 'There is no job of this id.'],
  name_taken: [409, 'Another project has this name.'],
  uri_taken: [409, 'Another source of the project has a URI of the same hash.'],
  body_too_large: [413, 'The body is larger than the server takes.'],
  unsupported_media_type: [415, 'The body is not sent as application/json.'],
  unknown_template: [422, 'There is no built-in template of this name.'],
  unknown_profile: [422, 'There is no profile of this name.'],
  unknown_sources: [422, 'Some of `source_ids` are no sources of the project.'],
  too_many_streams: [
    503,
    'The server sends as many streams of events as it may. Read the job instead.',
  ],
  internal_error: [500, 'The server failed; its log says why, under `request_id`.'],
  database_not_ready: [
    503,
    'The database is not the one that this build was made for; `detail` says what to run.',
  ],
  database_unavailable: [503, 'The database did not answer in time. Try again.'],
} as const satisfies Record<string, readonly [status: number, meaning: string]>

export type ProblemCode = keyof typeof PROBLEMS

/** A request fails: thrown anywhere below a route, sent as RFC 9457 problem details. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly detail: string
  readonly errors: readonly FieldError[] | undefined

  constructor(
    code: ProblemCode,
    detail: string = PROBLEMS[code][1],
    errors?: readonly FieldError[],
  ) {
    super(`${code}: ${detail}`)
    this.code = code
    this.detail = detail
    this.errors = errors
  }
}

/** What is wrong with one field; the path is like `body/source_ids/0`. */
export type FieldError = { readonly path: string; readonly message: string }

/** The body of every response that is not a success, as application/problem+json. */
export const problemDetails = z
  .object({
    type: z.string().describe('`urn:techfacts:problem:` and the code.'),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    request_id: z.string(),
  })
  .meta({ id: 'Problem' })

/** Problem details as a response of a route's schema. */
export const problemResponse = {
  description: 'It failed; `code` says how.',
  content: { 'application/problem+json': { schema: problemDetails } },
}

/** What every route of the API may answer besides its success. */
export const problemResponses = { '4xx': problemResponse, '5xx': problemResponse }

/** The catalogue as a markdown table. */
export function describeProblems(): string {
  const rows = Object.entries(PROBLEMS).map(
    ([code, [status, meaning]]) => `| ${status} | \`${code}\` | ${meaning} |`,
  )
  return ['| status | code | meaning |', '|---|---|---|', ...rows].join('\n')
}
