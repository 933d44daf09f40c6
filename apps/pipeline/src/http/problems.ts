import { z } from 'zod'
import { REFUSALS, type RefusalCode } from '../errors.ts'

/**
 * Every way in which a request can fail: the code that clients match, its status, and what it means.
 * The OpenAPI document and the README are generated from it.
 */
export const PROBLEMS = {
  invalid_request: [400, 'A field of the body, path or query is not what the API takes.'],
  malformed_body: [400, 'The body is not JSON.'],
  malformed_request: [400, 'The request is not HTTP that the server can read.'],
  invalid_cursor: [400, REFUSALS.invalid_cursor],
  unauthorized: [401, 'X-API-Key is missing or no key of this service.'],
  route_not_found: [404, 'There is no such route.'],
  project_not_found: [404, REFUSALS.project_not_found],
  profile_not_found: [404, REFUSALS.profile_not_found],
  source_not_found: [404, REFUSALS.source_not_found],
  entity_not_found: [404, REFUSALS.entity_not_found],
  report_not_found: [404, REFUSALS.report_not_found],
  job_not_found: [404, REFUSALS.job_not_found],
  name_taken: [409, REFUSALS.name_taken],
  uri_taken: [409, REFUSALS.uri_taken],
  profile_is_builtin: [409, REFUSALS.profile_is_builtin],
  schema_in_use: [409, REFUSALS.schema_in_use],
  job_ended: [409, REFUSALS.job_ended],
  job_not_retryable: [409, REFUSALS.job_not_retryable],
  body_too_large: [413, 'The body is larger than the server takes.'],
  unsupported_media_type: [415, 'The body is not sent as application/json.'],
  unusable_schema: [422, REFUSALS.unusable_schema],
  unknown_template: [422, REFUSALS.unknown_template],
  unknown_profile: [422, REFUSALS.unknown_profile],
  unknown_sources: [422, REFUSALS.unknown_sources],
  too_many_requests: [429, 'This key or address has sent too many requests. Try again.'],
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
  schema_busy: [503, REFUSALS.schema_busy],
  search_busy: [503, REFUSALS.search_busy],
  search_too_slow: [503, REFUSALS.search_too_slow],
} as const satisfies Record<string, readonly [status: number, meaning: string]> &
  Record<RefusalCode, unknown>

export type ProblemCode = keyof typeof PROBLEMS

/** A request fails before it reaches a use case, or after: thrown in http/ and routes/ only. */
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
  .meta({
    id: 'Problem',
    examples: [
      {
        type: 'urn:techfacts:problem:project_not_found',
        title: PROBLEMS.project_not_found[1],
        status: 404,
        code: 'project_not_found',
        detail: PROBLEMS.project_not_found[1],
        request_id: '2d0a2b0e-6f7c-4c1e-9a56-1f0c2d3e4f55',
      },
    ],
  })

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
