import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { SourceWithContent } from '../api/types.ts'
import { useLoad } from '../state/use-load.ts'
import { chooseWindow, cutText, type Range, type Segment } from '../text/segments.ts'
import { sayCount } from '../text/words.ts'
import { Empty, Loading, Refused } from './states.tsx'

/** A document, and in it the quote of a fact, which comes into view. */
export function Reading(props: {
  readonly project: string
  readonly source: string
  readonly quote: Range | undefined
  readonly others?: readonly Range[]
}) {
  const { project, source, quote, others = [] } = props
  const path = `/projects/${project}/sources/${source}`
  const load = useLoad(path, (api, signal) => api.get<SourceWithContent>(path, {}, signal))
  if (load.refusal) return <Refused refusal={load.refusal} />
  if (!load.data) return <Loading what="the document" />
  return <DocumentText key={source} text={load.data.content} quote={quote} others={others} />
}

export function DocumentText(props: {
  readonly text: string | null
  readonly quote: Range | undefined
  readonly others?: readonly Range[]
  readonly label?: string
}) {
  const { quote, others = [], label = 'Text of the document' } = props
  const text = props.text ?? ''
  const [isWhole, setIsWhole] = useState(false)
  const { start, end } = isWhole ? { start: 0, end: text.length } : chooseWindow(text, quote)
  const segments = useMemo(() => {
    const within = (range: Range) => ({ start: range.start - start, end: range.end - start })
    return cutText(text.slice(start, end), quote && within(quote), others.map(within))
  }, [text, start, end, quote?.start, quote?.end, others.length])
  if (text === '') return <Empty>There is no text.</Empty>
  return (
    <div class="reading">
      {end - start < text.length && (
        <p class="fine">
          {sayCount(end - start)} of {sayCount(text.length)} characters are shown.{' '}
          <button type="button" class="link" onClick={() => setIsWhole(true)}>
            Show all
          </button>
        </p>
      )}
      <Segments segments={segments} quote={quote} label={label} />
    </div>
  )
}

function Segments(props: {
  readonly segments: readonly Segment[]
  readonly quote: Range | undefined
  readonly label: string
}) {
  const { segments, quote, label } = props
  const mark = useRef<HTMLElement>(null)
  useEffect(() => mark.current?.scrollIntoView({ block: 'center' }), [quote?.start, quote?.end])
  return (
    <div class="text" tabIndex={0} role="region" aria-label={label}>
      {segments.map(({ text, kind }, index) => {
        if (kind === 'text') return text
        if (kind === 'heading') return <strong key={index}>{text}</strong>
        return kind === 'quote' ? (
          <mark ref={mark} key={index}>
            {text}
          </mark>
        ) : (
          <span key={index} class="other">
            {text}
          </span>
        )
      })}
    </div>
  )
}
