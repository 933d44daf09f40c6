import type { InferKyselyDB } from '@mikro-orm/postgresql'
import type { EntitySchema } from './entities/entity.ts'
import type { ExtractionEntitySchema } from './entities/extraction-entity.ts'
import type { ExtractionRejectSchema } from './entities/extraction-reject.ts'
import type { ExtractionRunSchema } from './entities/extraction-run.ts'
import type { ExtractionSchema } from './entities/extraction.ts'
import type { FactSchema } from './entities/fact.ts'
import type { JobSchema } from './entities/job.ts'
import type { PageSchema } from './entities/page.ts'
import type { ProfileSchema } from './entities/profile.ts'
import type { ProjectSchema } from './entities/project.ts'
import type { RateLimitSchema } from './entities/rate-limit.ts'
import type { ReportSchema } from './entities/report.ts'
import type { SourceSchema } from './entities/source.ts'

/**
 * The tables and columns that the entities define, for SQL that is written with Kysely: a column that is renamed in an entity is
 * a type error in every query that names it.
 *
 * @example
 * const session: Kysely<Tables> = em.getKysely<Tables>()
 */
export type Tables = InferKyselyDB<
  | typeof EntitySchema
  | typeof ExtractionEntitySchema
  | typeof ExtractionRejectSchema
  | typeof ExtractionRunSchema
  | typeof ExtractionSchema
  | typeof FactSchema
  | typeof JobSchema
  | typeof PageSchema
  | typeof ProfileSchema
  | typeof ProjectSchema
  | typeof RateLimitSchema
  | typeof ReportSchema
  | typeof SourceSchema
>
