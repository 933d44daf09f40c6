/**
 * Every way in which a use case can refuse: the code that callers match, and what it means. HTTP gives each
 * a status (http/problems.ts); a worker meets the same ones.
 */
export const REFUSALS = {
  invalid_cursor: '`after` is not the `next` of a page of this list.',
  project_not_found: 'There is no project of this id.',
  profile_not_found: 'There is no profile of this id.',
  source_not_found: 'The project has no source of this id.',
  entity_not_found: 'The project has no entity of this id.',
  report_not_found: 'The project has no report of this id.',
  job_not_found: 'There is no job of this id.',
  name_taken: 'Another one has this name.',
  uri_taken: 'Another source of the project has a URI of the same hash.',
  profile_is_builtin: 'Built-in profiles are read-only.',
  schema_in_use:
    'The project has extractions of its present schema. Send `new_schema_version: true` to change it.',
  job_ended: 'The job has ended: there is nothing to cancel.',
  job_not_retryable: 'Only a job that is dead, failed or cancelled can be retried.',
  unusable_schema: '`extraction_schema` is no JSON schema that facts can be checked by.',
  unknown_template: 'There is no template of this name.',
  unknown_profile: 'There is no profile of this name.',
  unknown_sources: 'Some of `source_ids` are no sources of the project.',
  schema_busy: 'Too many schemas are waiting to be tried out. Try again.',
  search_busy: 'Too many searches are waiting. Try again.',
  search_too_slow: 'The search took too long. Narrow it with a filter.',
} as const

export type RefusalCode = keyof typeof REFUSALS

/** A use case refuses what was asked. */
export class DomainError extends Error {
  readonly code: RefusalCode
  readonly detail: string

  constructor(code: RefusalCode, detail: string = REFUSALS[code]) {
    super(`${code}: ${detail}`)
    this.code = code
    this.detail = detail
  }
}
