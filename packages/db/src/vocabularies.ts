/** The states of a job, from asked for to ended. `dead`: it failed too often and is not tried again by itself. */
export const JOB_STATUSES = [
  'queued',
  'running',
  'completed',
  'failed',
  'dead',
  'cancelling',
  'cancelled',
] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

/** What a job does. */
export const JOB_TYPES = ['scrape', 'fetch', 'extract', 'report', 'legacy-import'] as const
export type JobType = (typeof JOB_TYPES)[number]

/** How far a source is: waiting for its text, ready to be extracted from, or ended. */
export const SOURCE_STATUSES = ['pending', 'ready', 'extracted', 'failed', 'skipped'] as const
export type SourceStatus = (typeof SOURCE_STATUSES)[number]

/** Where the text of a source comes from. */
export const SOURCE_TYPES = ['web', 'pdf', 'api', 'text'] as const
export type SourceType = (typeof SOURCE_TYPES)[number]

/** How much a profile asks for. */
export const PROFILE_DEPTHS = ['summary', 'detailed', 'comprehensive'] as const
export type ProfileDepth = (typeof PROFILE_DEPTHS)[number]
