import { z } from 'zod'
import { session, type Database } from '../database.ts'
import { DomainError } from '../errors.ts'
import type { ExtractionRequest } from '../extraction/extractor.ts'
import { prepared } from '../prepared.ts'

/** What a job asks of every source. */
export type ExtractionOrder = Omit<ExtractionRequest, 'content'> & {
  readonly projectId: string
  readonly schemaVersion: number
}

/** Reads what a project and a profile ask for. @throws DomainError project_not_found, unknown_profile */
export async function readOrder(
  database: Database,
  projectId: string | null,
  profile: string,
): Promise<ExtractionOrder> {
  const found = await prepared(session(database))
    .selectFrom('projects')
    .leftJoin('profiles', (join) => join.on('profiles.name', '=', profile))
    .select(['projects.id', 'extraction_schema', 'schema_version', 'entity_types'])
    .select(['categories', 'prompt_focus', 'depth', 'custom_instructions'])
    .where('projects.id', '=', projectId)
    .where('is_active', '=', true)
    .executeTakeFirst()
  if (!found) throw new DomainError('project_not_found')
  const { categories, prompt_focus: promptFocus, depth } = found
  if (categories === null || promptFocus === null || depth === null) {
    throw new DomainError('unknown_profile', `There is no profile ${profile}.`)
  }
  const customInstructions = found.custom_instructions
  return {
    projectId: found.id,
    schemaVersion: found.schema_version,
    profile: { name: profile, categories, promptFocus, depth, customInstructions },
    extractionSchema: found.extraction_schema,
    entityTypes: entityTypes.parse(found.entity_types),
  }
}

const entityTypes = z.array(z.string()).catch([])
