import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import {
  LockMode,
  UniqueConstraintViolationException,
  type EntityManager,
} from '@mikro-orm/postgresql'
import { Extraction, ExtractionRun, Project } from '@techfacts/db'
import { session, type Database, type Session } from '../database.ts'
import { DomainError } from '../errors.ts'
import type { JsonText } from '../json-text.ts'
import { compileItems, compilePage, NEWEST_FIRST } from '../page.ts'
import type { Page } from '../schemas/page.ts'
import type {
  ChangedProject,
  NewProject,
  ProjectFilter,
  ProjectSummary,
  ProjectView,
} from '../schemas/project.ts'
import { TEMPLATES, type Template } from './templates.ts'

/** @throws DomainError name_taken, unknown_template */
export async function createProject(
  database: Database,
  asked: NewProject,
): Promise<JsonText<ProjectView>> {
  const em = database.em.fork()
  const template = asked.extraction_schema
    ? { extractionSchema: asked.extraction_schema, entityTypes: [] }
    : await findTemplate(em, asked.template)
  const project = em.create(Project, {
    ...template,
    name: asked.name,
    description: asked.description ?? null,
    isTemplate: asked.is_template,
    ...(asked.entity_types && { entityTypes: asked.entity_types }),
  })
  await refuseTakenName(() => em.flush())
  return readProject(session(database), project.id)
}

/**
 * Replaces what a project asks for. What has been extracted keeps the version of the schema that it was extracted by.
 *
 * @throws DomainError project_not_found, name_taken, schema_in_use
 */
export async function updateProject(
  database: Database,
  id: string,
  asked: ChangedProject,
): Promise<JsonText<ProjectView>> {
  const change = database.em.fork().transactional(async (em) => {
    // Locked against a first extraction in the meantime: it refers to the row.
    const project = await em.findOne(Project, id, { lockMode: LockMode.PESSIMISTIC_WRITE })
    if (!project) throw new DomainError('project_not_found')
    if (asked.new_schema_version) project.schemaVersion += 1
    else if (!isDeepStrictEqual(project.extractionSchema, asked.extraction_schema)) {
      await refuseUsedSchema(em, id)
    }
    project.name = asked.name
    project.description = asked.description ?? null
    project.extractionSchema = asked.extraction_schema
    if (asked.entity_types) project.entityTypes = asked.entity_types
    project.isTemplate = asked.is_template
  })
  await refuseTakenName(() => change)
  return readProject(session(database), id)
}

/**
 * Hides a project with all that is in it, and frees its name. No row is removed.
 *
 * @throws DomainError project_not_found
 */
export async function deleteProject(database: Database, id: string): Promise<void> {
  await database.em.fork().transactional(async (em) => {
    const project = await em.findOne(Project, id, { lockMode: LockMode.PESSIMISTIC_WRITE })
    if (!project) throw new DomainError('project_not_found')
    project.isActive = false
    project.name = `${project.name} (deleted ${id})`
  })
}

/** @throws DomainError project_not_found, also for one that was deleted */
export async function readProject(session: Session, id: string): Promise<JsonText<ProjectView>> {
  const [project] = await findProject(session, { id })
  if (!project) throw new DomainError('project_not_found')
  return project
}

const findProject = compileItems((session, { id }: { readonly id: string }) =>
  selectSummaries(session).select(['extraction_schema', 'entity_types']).where('id', '=', id),
)

/** For a query of what a project has, so that it finds nothing in one that was deleted. */
export function isActive(session: Session, id: string) {
  const project = session.selectFrom('projects').where('id', '=', id).where('is_active', '=', true)
  return sql<boolean>`exists (${project.select('id')})`
}

/** The same question where nothing of the project is needed. @throws DomainError project_not_found */
export async function demandProject(em: EntityManager, id: string): Promise<void> {
  if (!(await em.findOne(Project, id, { fields: ['id'] }))) {
    throw new DomainError('project_not_found')
  }
}

/** The newest first, without their schemas: each can be large. */
export async function listProjects(
  session: Session,
  { is_template, ...page }: ProjectFilter,
): Promise<JsonText<Page<ProjectSummary>>> {
  const isTemplate = is_template && is_template === 'true'
  return (await findPage(session, { isTemplate }, page)).page
}

const findPage = compilePage({
  order: NEWEST_FIRST,
  select: (session, { isTemplate }: { readonly isTemplate: boolean | undefined }) =>
    selectSummaries(session).$if(isTemplate !== undefined, (query) =>
      query.where('is_template', '=', isTemplate as boolean),
    ),
})

function selectSummaries(session: Session) {
  return session
    .selectFrom('projects')
    .select(['id', 'name', 'description', 'is_template', 'schema_version'])
    .select(['created_at', 'updated_at'])
    .where('is_active', '=', true)
}

/** A built-in template, or a project that may be one. */
async function findTemplate(em: EntityManager, name = TEMPLATES[0].name): Promise<Template> {
  const builtin = TEMPLATES.find((template) => template.name === name)
  if (builtin) return builtin
  const own = await em.findOne(
    Project,
    { name, isTemplate: true },
    { fields: ['extractionSchema', 'entityTypes', 'promptTemplates', 'sourceConfig'] },
  )
  if (own) {
    const { extractionSchema, entityTypes, promptTemplates, sourceConfig } = own
    return { extractionSchema, entityTypes, promptTemplates, sourceConfig }
  }
  const names = TEMPLATES.map((template) => template.name).join(', ')
  throw new DomainError(
    'unknown_template',
    `There is no template ${name}. Built in are ${names}; a project with is_template can be one, by its name.`,
  )
}

async function refuseUsedSchema(em: EntityManager, project: string): Promise<void> {
  const isUsed =
    (await em.findOne(Extraction, { project }, { fields: ['id'] })) ??
    (await em.findOne(ExtractionRun, { source: { project } }, { fields: ['id'] }))
  if (isUsed) throw new DomainError('schema_in_use')
}

async function refuseTakenName<T>(write: () => Promise<T>): Promise<T> {
  return write().catch((error: unknown) => {
    throw error instanceof UniqueConstraintViolationException
      ? new DomainError('name_taken')
      : error
  })
}
