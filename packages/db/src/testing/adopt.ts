import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { databaseTarget, type Listener } from '@techfacts/migrator'
import { adopt, parseDecisions, planAdoption, type Reconciliation } from '@techfacts/migrator/adopt'
import { mikroOrmProject } from '@techfacts/migrator/mikro-orm'

import { rows } from './database.ts'

export const project = mikroOrmProject(
  fileURLToPath(new URL('../mikro-orm.config.ts', import.meta.url)),
)

/** What an adoption would do, with these decisions. */
export async function planned(
  url: string,
  decide: readonly string[] = [],
  reconciliation?: Reconciliation,
) {
  const request = { decisions: parseDecisions(decide), reconciliation }
  return planAdoption(project, databaseTarget(url), request)
}

/** Looks, and adopts what was found. */
export async function adopted(
  url: string,
  decide: readonly string[] = [],
  reconciliation?: Reconciliation,
  onEvent: Listener = () => {},
) {
  const request = { decisions: parseDecisions(decide), reconciliation }
  const { plan } = await planAdoption(project, databaseTarget(url), request)
  return adopt(project, databaseTarget(url, { onEvent }), request, plan)
}

/** Prepares a database as `init.sql` left it, with rows that head refuses. */
export async function generationA(url: string): Promise<void> {
  await runFixtures(url, ['generation-a.sql', 'awkward-rows-a.sql'])
}

export async function generationB(url: string): Promise<void> {
  await runFixtures(url, ['generation-b.sql', 'awkward-rows-b.sql'])
}

export async function emptyGenerationB(url: string): Promise<void> {
  await runFixtures(url, ['generation-b.sql'])
}

async function runFixtures(url: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await rows(url, await readFile(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'))
  }
}

/** One way to decide about every problem of the awkward rows of B. */
export const DECIDE_B = [
  'projects.is_template:null=default',
  'projects.is_active:null=default',
  'projects.updated_at:null=from=created_at',
  'sources.project_id:null=placeholder',
  'sources.metadata:null=default',
  'sources.outbound_links:null=default',
  'sources.status:null=set=pending',
  'sources.created_at:null=default',
  'sources.status:word=map:done=extracted',
  'sources.source_type:word=quarantine',
  'sources_project_id_uri_key:duplicate=quarantine',
  'extractions.project_id:null=parent,placeholder',
  'extractions.source_id:null=quarantine',
  'extractions.extracted_at:null=from=created_at',
  'extractions.created_at:null=from=extracted_at',
  'extractions.confidence:range=clamp',
  'entities.project_id:null=placeholder',
  'entities.attributes:null=default',
  'entities_project_id_source_group_entity_type_normalized_val_key:duplicate=quarantine',
  'extraction_entities.extraction_id:null=quarantine',
  'extraction_entities.role:null=default',
  'extraction_entities.created_at:null=default',
  'extraction_entities_extraction_id_entity_id_role_key:duplicate=quarantine',
  'pages.scraped_at:null=from=created_at',
  'pages.status:null=default',
  'pages.metadata:null=default',
  'pages.updated_at:null=from=created_at',
  'facts.page_id:null=quarantine',
  'facts.extracted_at:null=default',
  'facts.metadata:null=default',
  'facts.created_at:null=default',
  'facts.confidence:range=set=1',
  'jobs.status:null=default',
  'jobs.priority:null=default',
  'jobs.created_at:null=default',
  String.raw`jobs.status:word=map:paused=queued,map:half\, done\=no=failed`,
  'jobs.type:word=map:crawl=scrape',
  'profiles.is_builtin:null=default',
  'profiles.created_at:null=from=updated_at',
  'profiles.depth:word=set=detailed',
  'reports.source_groups:null=default',
  'reports.categories:null=default',
  'reports.extraction_ids:null=default',
  'reports.format:null=default',
  'reports.metadata:null=default',
  'reports.created_at:null=default',
  'rate_limits.request_count:null=default',
  'rate_limits.daily_count:null=default',
  'rate_limits.daily_reset_at:null=default',
]

/** The same for A, with other choices: many rows go to quarantine. */
export const DECIDE_A = [
  'pages.scraped_at:null=from=created_at',
  'pages.status:null=set=failed',
  'pages.metadata:null=default',
  'pages.updated_at:null=from=scraped_at,from=created_at',
  'facts.page_id:null=set=50000000-0000-0000-0000-00000000000a',
  'facts.extracted_at:null=quarantine',
  'facts.metadata:null=quarantine',
  'facts.created_at:null=quarantine',
  'facts.confidence:range=clamp,set=0',
  'jobs.status:null=quarantine',
  'jobs.priority:null=default',
  'jobs.created_at:null=default',
  'jobs.status:word=map:paused=dead',
  'jobs.type:word=set=legacy-import',
  'profiles.is_builtin:null=default',
  'profiles.updated_at:null=default',
  'profiles.depth:word=quarantine',
  'reports.categories:null=default',
  'reports.extraction_ids:null=default',
  'reports.format:null=default',
  'reports.metadata:null=default',
  'reports.created_at:null=default',
  'rate_limits.request_count:null=default',
  'rate_limits.daily_count:null=default',
  'rate_limits.daily_reset_at:null=set=2024-01-01',
]
