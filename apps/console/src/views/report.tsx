import type { ReportWithContent } from '../api/types.ts'
import { Moment } from '../parts/moment.tsx'
import { DocumentText } from '../parts/reading.tsx'
import { Loading, Refused } from '../parts/states.tsx'
import { Title } from '../parts/title.tsx'
import { printRoute } from '../route.ts'
import { useLoad } from '../state/use-load.ts'

/** A report as the text that it is: nothing in it is run or followed. */
export function ReportView(props: { readonly project: string; readonly report: string }) {
  const { project, report } = props
  const path = `/projects/${project}/reports/${report}`
  const { data, refusal } = useLoad(path, (api, signal) =>
    api.get<ReportWithContent>(path, {}, signal),
  )
  return (
    <>
      <Title
        text={data?.title ?? 'Report'}
        parents={[
          { text: 'Projects', href: printRoute(['projects']) },
          { text: 'Reports', href: printRoute(['projects', project, 'reports']) },
        ]}
      />
      <Refused refusal={refusal} />
      {!data && !refusal && <Loading what="the report" />}
      {data && (
        <p class="facts-line">
          <Moment at={data.created_at} /> <span>Markdown</span>
        </p>
      )}
      {data && <DocumentText text={data.content} quote={undefined} label="Text of the report" />}
    </>
  )
}
