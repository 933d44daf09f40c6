/** What the API answers, as far as the console shows it: /openapi.json has the whole. */
export type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null }

export type Project = {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly created_at: string
}

export type Profile = { readonly name: string; readonly categories: readonly string[] }

export type Source = {
  readonly id: string
  readonly project_id: string
  readonly uri: string
  readonly source_group: string
  readonly title: string | null
  readonly status: string
  readonly created_at: string
}
export type SourceWithContent = Source & { readonly content: string | null }

export type JobStatus =
  | 'queued'
  | 'running'
  | 'completed'
  | 'failed'
  | 'dead'
  | 'cancelling'
  | 'cancelled'

export type Job = {
  readonly id: string
  readonly project_id: string | null
  readonly type: string
  readonly status: JobStatus
  readonly payload: unknown
  readonly progress: { readonly done: number; readonly total: number } | null
  readonly attempt_count: number
  readonly max_attempts: number
  readonly result: unknown
  readonly error: string | null
  readonly created_at: string
  readonly started_at: string | null
  readonly completed_at: string | null
}

export type Fact = {
  readonly id: string
  readonly source_id: string
  readonly source_group: string
  readonly extraction_type: string
  readonly data: unknown
  readonly quote: string | null
  readonly start: number | null
  readonly end: number | null
  readonly heading_path: readonly string[] | null
  readonly confidence: number | null
  readonly confidence_parts: readonly { readonly part: string; readonly points: number }[] | null
  readonly extractor: string | null
  readonly profile_used: string | null
  /** The source has changed since. */
  readonly stale?: boolean
}

export type Entity = {
  readonly id: string
  readonly source_group: string
  readonly entity_type: string
  readonly value: string
}
export type EntityWithMentions = Entity & {
  readonly sources: readonly {
    readonly id: string
    readonly uri: string
    readonly title: string | null
    readonly mentions: number
  }[]
}

export type Report = {
  readonly id: string
  readonly title: string | null
  readonly created_at: string
}
export type ReportWithContent = Report & { readonly content: string | null }

export type AppliedMigration = {
  readonly name: string
  readonly phase: string | null
  readonly applied_at: string
  readonly duration_ms: number | null
}

export type Backfill = {
  readonly migration: string
  readonly state: 'running' | 'paused' | 'done'
  readonly pass: number
  readonly seen: number
  readonly changed: number
  readonly estimate: number
  readonly began_at: string
  readonly changed_at: string
}

export type SchemaState = {
  readonly revision: string
  readonly gate: { readonly state: string; readonly is_open: boolean; readonly reason: string }
  readonly applied: readonly AppliedMigration[] | null
  readonly pending: readonly string[]
  readonly waiting: readonly { readonly name: string; readonly needed_by: readonly string[] }[]
  readonly backfills: readonly Backfill[] | null
  readonly drift_allowed_at: string | null
}
