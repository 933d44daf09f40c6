import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { isDatabaseOutage } from '../database.ts'
import { DomainError } from '../errors.ts'
import { Problem, type problemDetails, type ProblemCode, PROBLEMS } from './problems.ts'

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
    detail: problem.detail,
    ...(problem.errors && { errors: [...problem.errors] }),
    request_id: request.id,
  }
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(body)
}

/** True for what no client can have caused, and that is no outage. */
export function isFailure(error: unknown): boolean {
  return toProblem(error).code === 'internal_error'
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof DomainError) return new Problem(error.code, error.detail)
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map(({ instancePath, message }) => ({
      path: `${error.validationContext ?? ''}${instancePath}`,
      message: message ?? 'is not valid',
    }))
    const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
    return new Problem('invalid_request', detail, errors)
  }
  if (isDatabaseOutage(error)) return new Problem('database_unavailable')
  const { code = '', statusCode = 500, message } = error as Partial<FastifyError>
  const own =
    FASTIFY_CODES[code] ?? (code.startsWith('FST_ERR_CTP_') ? 'malformed_body' : undefined)
  if (own) return new Problem(own, message)
  if (statusCode >= 400 && statusCode < 500) return new Problem('malformed_request', message)
  return new Problem('internal_error')
}

const FASTIFY_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
}
