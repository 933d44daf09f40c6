import { sql } from 'kysely'
import { inTransaction, type Database, type Session } from '../database.ts'
import { DomainError } from '../errors.ts'
import { readItem, readPage } from '../page.ts'
import type { Page, PageRequest } from '../schemas/page.ts'
import type { NewSource, SourceView, SourceWithContent } from '../schemas/source.ts'
import { readProject } from './projects.ts'

/**
 * Puts a document into a project: a new one, or the new text of the one that has its URI. It waits to
 * be extracted again where its content or group has changed.
 *
 * @throws DomainError project_not_found, uri_taken
 */
export function putSource(
  database: Database,
  projectId: string,
  asked: NewSource,
): Promise<{ source: SourceView; isNew: boolean }> {
  return inTransaction(database, async (session) => {
    await readProject(session, projectId)
    const { uri, source_group: group, title = null, content } = asked
    // On conflict the row is locked and read again, so two at once end like one after the other. The
    // URI is compared because the key is over its hash.
    const { rows } = await sql<{ id: string; isNew: boolean }>`
      insert into sources (project_id, uri, source_group, title, content, source_type)
      values (${projectId}, ${uri}, ${group}, ${title}, ${content}, 'text')
      on conflict (project_id, md5(uri)) do update set
        source_group = excluded.source_group,
        title = coalesce(excluded.title, sources.title),
        content = excluded.content,
        status = case
          when (sources.content, sources.source_group) is not distinct from (excluded.content, excluded.source_group)
          then sources.status else 'pending' end
      where sources.uri = excluded.uri
      returning id, xmax = 0 as "isNew"`.execute(session)
    const [row] = rows
    if (!row) throw new DomainError('uri_taken')
    return { source: await readSource(session, projectId, row.id), isNew: row.isNew }
  })
}

/** @throws DomainError source_not_found */
export async function readSource(
  session: Session,
  projectId: string,
  id: string,
): Promise<SourceWithContent> {
  const source = await readItem<SourceWithContent>(
    session,
    sql`select ${COLUMNS}, content from sources where project_id = ${projectId} and id = ${id}`,
  )
  if (!source) throw new DomainError('source_not_found')
  return source
}

/** The newest first, without their content. @throws DomainError project_not_found */
export async function listSources(
  session: Session,
  projectId: string,
  page: PageRequest,
): Promise<Page<SourceView>> {
  await readProject(session, projectId)
  const sources = sql`select ${COLUMNS} from sources where project_id = ${projectId}`
  const order = { keys: { created_at: 'timestamptz', id: 'uuid' }, direction: 'desc' } as const
  return readPage(session, sources, order, page)
}

const COLUMNS = sql.raw('id, project_id, uri, source_group, source_type, title, status, created_at')
