import type { JsonObject } from '@techfacts/db'

/**
 * What is delivered: the row in `jobs` says everything else. `max_attempts` is what the row had when
 * it was enqueued. A retry raises it, so deliveries from before the retry are told apart and ignored.
 * Builds before cancel and retry do not send it. `resume` is where a job goes on that was postponed.
 */
export type Delivery = {
  readonly job_id: string
  readonly max_attempts?: number
  readonly resume?: JsonObject
}
