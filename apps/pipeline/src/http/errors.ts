import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { isDatabaseOutage } from '../database.ts'
import { DomainError } from '../errors.ts'
import { cut } from './cut.ts'
import { describeField } from './describe-field.ts'
import {
  type FieldError,
  Problem,
  type problemDetails,
  type ProblemCode,
  PROBLEMS,
} from './problems.ts'

/** Answers every error that a route, a hook or Fastify itself throws. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const problem = toProblem(error)
  if (problem.code === 'internal_error' || problem.code === 'database_unavailable') {
    request.log.error({ err: error }, problem.code)
  }
  return sendProblem(problem, request, reply)
}

/** Answers with problem details. */
export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply) {
  const [status, title] = PROBLEMS[problem.code]
  const body: z.output<typeof problemDetails> = {
    type: `urn:techfacts:problem:${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: cut(problem.detail, LONGEST_DETAIL),
    ...(problem.errors && { errors: problem.errors.slice(0, MOST_ERRORS).map(cutFieldError) }),
    request_id: request.id,
  }
  if (status === 503) reply.header('retry-after', RETRY_SECONDS)
  // What is left of a body is not read: it may be long, slow, or from anybody.
  if (!request.raw.complete && hasBody(request)) reply.header('connection', 'close')
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(body)
}

/** However much is wrong with a request, its answer is short. */
const MOST_ERRORS = 10
const LONGEST_DETAIL = 1000
const LONGEST_FIELD = 200
const RETRY_SECONDS = 2

function cutFieldError({ path, message }: FieldError): FieldError {
  return { path: cut(path, LONGEST_FIELD), message: cut(message, LONGEST_FIELD) }
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** True for what no client can have caused, and that is no outage. */
export function isFailure(error: unknown): boolean {
  return toProblem(error).code === 'internal_error'
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof DomainError) return new Problem(error.code, error.detail)
  if (hasZodFastifySchemaValidationErrors(error)) {
    return invalidRequest(error)
  }
  if (isGone(error)) return new Problem('malformed_request', 'The client ended its request.')
  if (isDatabaseOutage(error)) return new Problem('database_unavailable')
  const { code = '', statusCode = 500, message } = error as Partial<FastifyError>
  const own =
    FASTIFY_CODES[code] ?? (code.startsWith('FST_ERR_CTP_') ? 'malformed_body' : undefined)
  if (own) return new Problem(own, message)
  if (statusCode >= 400 && statusCode < 500) return new Problem('malformed_request', message)
  return new Problem('internal_error')
}

/** Node's own error of a body whose client has gone: nobody reads the answer, and no database is away. */
function isGone(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.message === 'aborted' &&
    (error as { code?: string }).code === 'ECONNRESET'
  )
}

function invalidRequest(invalid: FastifyError): Problem {
  const found = invalid.validation ?? []
  const errors = found.slice(0, MOST_ERRORS).map(({ instancePath, keyword, message, params }) => ({
    path: `${invalid.validationContext ?? ''}${instancePath}`.replace(/\/$/, ''),
    message: describeField({ keyword, message, params }),
  }))
  const described = errors.map(({ path, message }) => `${path} ${message}`)
  if (found.length > MOST_ERRORS) described.unshift(`${found.length} fields are not valid`)
  return new Problem('invalid_request', described.join('; '), errors)
}

const FASTIFY_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
}
