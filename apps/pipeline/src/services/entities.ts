import { Entity, ExtractionEntity } from '@techfacts/db'
import { sql } from 'kysely'
import type { EntityManager } from '@mikro-orm/postgresql'
import { DomainError } from '../errors.ts'
import type { Session } from '../database.ts'
import { findPage } from '../page.ts'
import type { EntityFilter, EntityView, EntityWithMentions } from '../schemas/entity.ts'
import type { Page } from '../schemas/page.ts'
import { demandProject } from './projects.ts'

/** The most sources and mentions that are shown of one entity. */
const MOST = 200

/** By group, type and value. @throws DomainError project_not_found */
export async function listEntities(
  em: EntityManager,
  projectId: string,
  asked: EntityFilter,
): Promise<Page<EntityView>> {
  await demandProject(em, projectId)
  const where = {
    project: projectId,
    ...(asked.type !== undefined && { entityType: asked.type }),
    ...(asked.group !== undefined && { sourceGroup: asked.group }),
    ...(asked.q !== undefined && { value: { $ilike: `%${escapePattern(asked.q)}%` } }),
  }
  const orderBy = ['sourceGroup', 'entityType', 'normalizedValue'] as const
  return findPage(em, Entity, { where, orderBy }, asked, toView)
}

/** With what mentions it now. @throws DomainError project_not_found, entity_not_found */
export async function readEntity(
  em: EntityManager,
  session: Session,
  projectId: string,
  id: string,
): Promise<EntityWithMentions> {
  await demandProject(em, projectId)
  const entity = await em.findOne(Entity, { id, project: projectId })
  if (!entity) throw new DomainError('entity_not_found')
  const mentions = await em.find(
    ExtractionEntity,
    { entity: id, extraction: { $or: [{ run: null }, { run: { isCurrent: true } }] } },
    {
      populate: ['extraction'],
      fields: ['role', 'extraction.extractionType', 'extraction.source'],
      orderBy: { id: 'asc' },
      limit: MOST,
    },
  )
  return {
    ...toView(entity),
    sources: await listSourcesOf(session, id),
    mentions: mentions.map(({ role, extraction }) => ({
      extraction_id: extraction.id,
      source_id: extraction.$.source.id,
      extraction_type: extraction.$.extractionType,
      role,
    })),
  }
}

/** Counted by the database: an entity can have many more mentions than sources. */
function listSourcesOf(session: Session, entityId: string) {
  return session
    .selectFrom('extraction_entities as link')
    .innerJoin('extractions as e', 'e.id', 'link.extraction_id')
    .leftJoin('extraction_runs as r', 'r.id', 'e.run_id')
    .innerJoin('sources as s', 's.id', 'e.source_id')
    .select(['s.id', 's.uri', 's.title', sql<number>`count(distinct e.id)::int`.as('mentions')])
    .where('link.entity_id', '=', entityId)
    .where((eb) => eb.or([eb('r.id', 'is', null), eb('r.is_current', '=', true)]))
    .groupBy('s.id')
    .orderBy('mentions', 'desc')
    .orderBy('s.id')
    .limit(MOST)
    .execute()
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}

function toView(entity: Entity): EntityView {
  return {
    id: entity.id,
    project_id: entity.project.id,
    source_group: entity.sourceGroup,
    entity_type: entity.entityType,
    value: entity.value,
    normalized_value: entity.normalizedValue,
    attributes: entity.attributes,
  }
}
