import type { Session } from '../database.ts'
import { DomainError } from '../errors.ts'
import type { JsonText } from '../json-text.ts'
import { compileItems, compilePage, NEWEST_FIRST } from '../page.ts'
import type { Page, PageRequest } from '../schemas/page.ts'
import type { ReportSummary, ReportView } from '../schemas/report.ts'
import { isActive, readProject } from './projects.ts'

/** The newest first, without their content. @throws DomainError project_not_found */
export async function listReports(
  session: Session,
  projectId: string,
  asked: PageRequest,
): Promise<JsonText<Page<ReportSummary>>> {
  const { page, isEmpty } = await findPage(session, { projectId }, asked)
  if (isEmpty) await readProject(session, projectId)
  return page
}

type InProject = { readonly projectId: string }

const findPage = compilePage({
  order: NEWEST_FIRST,
  select: (session, { projectId }: InProject) => selectReports(session, projectId),
})

/** @throws DomainError project_not_found, report_not_found */
export async function readReport(
  session: Session,
  projectId: string,
  id: string,
): Promise<JsonText<ReportView>> {
  const [report] = await findReport(session, { projectId, id })
  if (report) return report
  await readProject(session, projectId)
  throw new DomainError('report_not_found')
}

const findReport = compileItems((session, { projectId, id }: InProject & { readonly id: string }) =>
  selectReports(session, projectId).select(['content', 'extraction_ids']).where('id', '=', id),
)

function selectReports(session: Session, projectId: string) {
  return session
    .selectFrom('reports')
    .select(['id', 'project_id', 'type', 'title', 'source_groups', 'categories', 'format'])
    .select('created_at')
    .where('project_id', '=', projectId)
    .where(isActive(session, projectId))
}
