import type { ReportWithContent } from '../api/types.ts'
import { Moment } from '../parts/moment.tsx'
import { readReport, type Block } from '../text/report.ts'
import { Loading, Refused } from '../parts/states.tsx'
import { Title } from '../parts/title.tsx'
import { printRoute } from '../route.ts'
import { useLoad } from '../state/use-load.ts'
import { sayName } from '../text/words.ts'

/** A report, without its escapes. Nothing in it is run or followed: all of it is text. */
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
          <Moment at={data.created_at} />
        </p>
      )}
      {data && (
        <article class="report" aria-label="Text of the report">
          {readReport(data.content ?? '').map((block, index) => (
            <Part key={index} block={block} />
          ))}
        </article>
      )}
    </>
  )
}

function Part({ block }: { readonly block: Block }) {
  if ('items' in block) {
    const items = block.items.map((text, index) => <li key={index}>{text}</li>)
    return block.kind === 'facts' ? <ul>{items}</ul> : <ol>{items}</ol>
  }
  if (block.kind === 'group') return <h2>{block.text}</h2>
  return block.kind === 'type' ? <h3>{sayName(block.text)}</h3> : <p>{block.text}</p>
}
