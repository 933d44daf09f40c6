import { UniqueConstraintViolationException } from '@mikro-orm/postgresql'
import { Project } from '@techfacts/db'
import { sql } from 'kysely'
import { session, type Database, type Session } from '../database.ts'
import { DomainError } from '../errors.ts'
import { readItem, readPage } from '../page.ts'
import type { Page, PageRequest } from '../schemas/page.ts'
import type { NewProject, ProjectView } from '../schemas/project.ts'
import { TEMPLATES } from './templates.ts'

/** @throws DomainError name_taken, unknown_template */
export async function createProject(database: Database, asked: NewProject): Promise<ProjectView> {
  const template = TEMPLATES.find(({ name }) => name === (asked.template ?? TEMPLATES[0].name))
  if (!template) {
    const names = TEMPLATES.map(({ name }) => name).join(', ')
    throw new DomainError(
      'unknown_template',
      `There is no template ${asked.template}. There are: ${names}.`,
    )
  }
  const em = database.em.fork()
  const project = em.create(Project, {
    name: asked.name,
    description: asked.description ?? null,
    extractionSchema: asked.extraction_schema ?? template.extractionSchema,
    entityTypes: asked.extraction_schema ? [] : [...template.entityTypes],
  })
  try {
    await em.flush()
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException) throw new DomainError('name_taken')
    throw error
  }
  return readProject(session(database), project.id)
}

/** @throws DomainError project_not_found, also for one that was deleted */
export async function readProject(session: Session, id: string): Promise<ProjectView> {
  const project = await readItem<ProjectView>(session, sql`${PROJECTS} and id = ${id}`)
  if (!project) throw new DomainError('project_not_found')
  return project
}

/** The newest first. */
export function listProjects(session: Session, page: PageRequest): Promise<Page<ProjectView>> {
  const order = { keys: { created_at: 'timestamptz', id: 'uuid' }, direction: 'desc' } as const
  return readPage(session, PROJECTS, order, page)
}

const PROJECTS = sql`
  select id, name, description, extraction_schema, entity_types, created_at, updated_at
  from projects where is_active`
