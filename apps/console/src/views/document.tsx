import type { SourceWithContent } from '../api/types.ts'
import { Badge } from '../parts/badge.tsx'
import { Moment } from '../parts/moment.tsx'
import { DocumentText } from '../parts/reading.tsx'
import { Loading, Refused } from '../parts/states.tsx'
import { Title } from '../parts/title.tsx'
import { printRoute } from '../route.ts'
import { useLoad } from '../state/use-load.ts'
import { readRange } from '../text/range.ts'

/** A document as the pipeline has it. */
export function DocumentView(props: {
  readonly project: string
  readonly source: string
  readonly query: Readonly<Record<string, string>>
}) {
  const { project, source, query } = props
  const path = `/projects/${project}/sources/${source}`
  const { data, refusal } = useLoad(path, (api, signal) =>
    api.get<SourceWithContent>(path, {}, signal),
  )
  const home = printRoute(['projects', project, 'documents'])
  return (
    <>
      <Title
        text={data ? (data.title ?? data.uri) : 'Document'}
        parents={[
          { text: 'Projects', href: printRoute(['projects']) },
          { text: 'Documents', href: home },
        ]}
      />
      <Refused refusal={refusal} />
      {!data && !refusal && <Loading what="the document" />}
      {data && (
        <p class="facts-line">
          <Badge state={data.status} /> <span>{data.source_group}</span> <code>{data.uri}</code>{' '}
          <Moment at={data.created_at} />
        </p>
      )}
      {data && <DocumentText text={data.content} quote={readRange(query)} />}
    </>
  )
}
