import type { Session } from '../database.ts'
import { DomainError } from '../errors.ts'
import { NEWEST_FIRST, readItem, readPage } from '../page.ts'
import { prepared } from '../prepared.ts'
import type { Page, PageRequest } from '../schemas/page.ts'
import type { ReportSummary, ReportView } from '../schemas/report.ts'
import { isActive, readProject } from './projects.ts'

/** The newest first, without their content. @throws DomainError project_not_found */
export async function listReports(
  session: Session,
  projectId: string,
  page: PageRequest,
): Promise<Page<ReportSummary>> {
  const reports = selectReports(session, projectId)
  const found = await readPage(prepared(session), reports, NEWEST_FIRST, page)
  if (found.items.length === 0) await readProject(session, projectId)
  return found
}

/** @throws DomainError project_not_found, report_not_found */
export async function readReport(
  session: Session,
  projectId: string,
  id: string,
): Promise<ReportView> {
  const report = await readItem(
    session,
    selectReports(session, projectId).select(['content', 'extraction_ids']).where('id', '=', id),
  )
  if (report) return report
  await readProject(session, projectId)
  throw new DomainError('report_not_found')
}

function selectReports(session: Session, projectId: string) {
  return session
    .selectFrom('reports')
    .select(['id', 'project_id', 'type', 'title', 'source_groups', 'categories', 'format'])
    .select('created_at')
    .where('project_id', '=', projectId)
    .where(isActive(session, projectId))
}
