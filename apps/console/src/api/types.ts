import type { Schemas } from '@techfacts/client'

/** What the API answers, by the names that the console has for it. */
export type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null }

export type Project = Schemas['ProjectSummary']
export type Profile = Schemas['Profile']
export type Source = Schemas['Source']
export type SourceWithContent = Schemas['SourceWithContent']
export type Job = Schemas['Job']
export type Fact = Schemas['Extraction']
export type Entity = Schemas['Entity']
export type EntityWithMentions = Schemas['EntityWithMentions']
export type Report = Schemas['ReportSummary']
export type ReportWithContent = Schemas['Report']
export type SchemaState = Schemas['SchemaState']
export type AppliedMigration = NonNullable<SchemaState['applied']>[number]
export type Backfill = NonNullable<SchemaState['backfills']>[number]
