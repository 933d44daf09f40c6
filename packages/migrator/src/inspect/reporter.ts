import type { Catalog } from '../catalog/index.ts'
import type { WordStep } from '../errors/next-step.ts'
import type { VerifyReport } from '../verify/report.ts'
import type { Judgement } from '../verify/verdict.ts'
import type { DescribedMigration } from './described-migration.ts'

/**
 * Draws schemas and prints pages: the default export of the package `@techfacts/report`, which a project installs for
 * it. It is apart from the engine, since laying out a picture takes a library larger than all the rest.
 */
export interface Reporter {
  drawSchema(picture: SchemaPicture): Promise<string>
  /** One HTML page that needs nothing else. `word` writes what to run next. */
  renderPage(proof: Proof, word: WordStep): Promise<string>
}

/** A schema, and the form that it is to be drawn in. */
export interface SchemaPicture {
  readonly format: PictureFormat
  readonly catalog: Catalog
}

export type PictureFormat = 'svg' | 'mermaid' | 'dbml'

/** What `verify` found, with what it was found of. */
export interface Proof {
  readonly report: VerifyReport
  /** What the migrations are, in the order of the chain: also those that were not reached. */
  readonly migrations: readonly DescribedMigration[]
  /** The schema before the first of its migrations and after the last; undefined where it is not recorded. */
  readonly before?: Catalog
  readonly after?: Catalog
  /** What all of it comes to. */
  readonly judgement: Judgement
  /** What the migrations mean for a real database, where one was asked. */
  readonly against?: AgainstText
}

/** In words. */
export interface AgainstText {
  /** Host, port and name of the database. */
  readonly server: string
  readonly lines: readonly string[]
  /** Of statements that lock something there. */
  readonly sizes: readonly StatementSizes[]
}

export interface StatementSizes {
  readonly migration: string
  readonly sql: string
  /** `jobs: about 1,204,311 rows, 310 MB`, a line for each table. */
  readonly tables: readonly string[]
}
