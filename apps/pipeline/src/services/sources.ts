import { createHash } from 'node:crypto'
import {
  LockMode,
  raw,
  UniqueConstraintViolationException,
  type EntityManager,
} from '@mikro-orm/postgresql'
import { ExtractionRun, Project, Source, type SourceType, type Tables } from '@techfacts/db'
import type { Database, Session } from '../database.ts'
import { DomainError } from '../errors.ts'
import type { JsonText } from '../json-text.ts'
import { compileItems, compilePage, NEWEST_FIRST } from '../page.ts'
import type { Page, PageRequest } from '../schemas/page.ts'
import type { NewSource, SourceView, SourceWithContent } from '../schemas/source.ts'
import { isActive, readProject } from './projects.ts'

type Put = { readonly source: SourceView; readonly isNew: boolean }

/**
 * Puts a document into a project: a new one, or the new text of the one that has its URI. Nothing is written where
 * nothing has changed. It waits to be extracted again where its content or group has.
 *
 * @throws DomainError project_not_found, uri_taken
 */
export async function putSource(
  database: Database,
  projectId: string,
  asked: NewSource,
): Promise<Put> {
  const put = () => database.em.fork().transactional((em) => putInTransaction(em, projectId, asked))
  return put().catch((error: unknown) => {
    // Another request has made it in the meantime: now it is there, and is changed.
    if (error instanceof UniqueConstraintViolationException) return put()
    throw error
  })
}

/** The same in a transaction of the caller's, which fails where another one makes the source meanwhile. */
export async function putInTransaction(
  em: EntityManager,
  projectId: string,
  asked: NewSource & { readonly source_type?: SourceType },
): Promise<Put> {
  // Held until the end, so that a project is not deleted while something is put into it.
  const project = await em.findOne(Project, projectId, {
    fields: ['id'],
    lockMode: LockMode.PESSIMISTIC_PARTIAL_READ,
  })
  if (!project) throw new DomainError('project_not_found')
  const { uri, source_group: sourceGroup, content, source_type: sourceType = 'text' } = asked
  const found = await findByUri(em, projectId, uri)
  const source =
    found ?? em.create(Source, { project: projectId, uri, sourceGroup, content, sourceType })
  if (found && found.content !== content) await changeContent(em, found, content)
  if (found && found.sourceGroup !== sourceGroup)
    em.assign(found, { sourceGroup, status: 'pending' })
  if (asked.title !== undefined) source.title = asked.title
  await em.flush()
  const view = await readSource(em.getKysely<Tables>(), projectId, source.id)
  return { source: view.parse(), isNew: !found }
}

/**
 * Gives a source another text. What was found in the text before it is shown as stale until the source is extracted again.
 * The caller holds the source's row, so that no run over the text before becomes current afterwards.
 */
async function changeContent(em: EntityManager, source: Source, content: string): Promise<void> {
  em.assign(source, { content, status: 'pending' })
  await em.nativeUpdate(ExtractionRun, { source: source.id, isCurrent: true }, { isStale: true })
}

/** By the index, which is over the hash; the URI is compared because two can share one. */
async function findByUri(em: EntityManager, project: string, uri: string): Promise<Source | null> {
  const hash = createHash('md5').update(uri).digest('hex')
  const found = await em.findOne(
    Source,
    { project, [raw<string>('md5(uri)')]: hash },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  )
  if (found && found.uri !== uri) throw new DomainError('uri_taken')
  return found
}

/** @throws DomainError source_not_found, also where its project was deleted */
export async function readSource(
  session: Session,
  projectId: string,
  id: string,
): Promise<JsonText<SourceWithContent>> {
  const [source] = await findSource(session, { projectId, id })
  if (source) return source
  await readProject(session, projectId)
  throw new DomainError('source_not_found')
}

type InProject = { readonly projectId: string }

const findSource = compileItems((session, { projectId, id }: InProject & { readonly id: string }) =>
  selectSources(session, projectId).select('content').where('id', '=', id),
)

/** The newest first, without their content. @throws DomainError project_not_found */
export async function listSources(
  session: Session,
  projectId: string,
  asked: PageRequest,
): Promise<JsonText<Page<SourceView>>> {
  const { page, isEmpty } = await findPage(session, { projectId }, asked)
  if (isEmpty) await readProject(session, projectId)
  return page
}

const findPage = compilePage({
  order: NEWEST_FIRST,
  select: (session, { projectId }: InProject) => selectSources(session, projectId),
})

function selectSources(session: Session, projectId: string) {
  return session
    .selectFrom('sources')
    .select(['id', 'project_id', 'uri', 'source_group', 'source_type', 'title', 'status'])
    .select('created_at')
    .where('project_id', '=', projectId)
    .where(isActive(session, projectId))
}
