import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { SourceWithContent } from '../api/types.ts'
import { useLoad } from '../state/use-load.ts'
import { chooseWindow, cutText, type Range } from '../text/segments.ts'
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
}) {
  const { quote, others = [] } = props
  const text = props.text ?? ''
  const [isWhole, setIsWhole] = useState(false)
  const shown = isWhole ? { start: 0, end: text.length } : chooseWindow(text, quote)
  const segments = useMemo(() => {
    const within = (range: Range) => ({
      start: range.start - shown.start,
      end: range.end - shown.start,
    })
    const part = text.slice(shown.start, shown.end)
    return cutText(part, quote && within(quote), others.map(within))
  }, [text, shown.start, shown.end, quote?.start, quote?.end, others.length])
  const mark = useRef<HTMLElement>(null)
  useEffect(() => mark.current?.scrollIntoView({ block: 'center' }), [quote?.start, quote?.end])
  if (text === '') return <Empty>The document has no text.</Empty>
  const isCut = shown.end - shown.start < text.length
  return (
    <div class="reading">
      {isCut && (
        <p class="fine">
          {sayCount(shown.end - shown.start)} of {sayCount(text.length)} characters are shown.{' '}
          <button type="button" class="link" onClick={() => setIsWhole(true)}>
            Show all
          </button>
        </p>
      )}
      <div class="text" tabIndex={0} role="region" aria-label="Text of the document">
        {segments.map(({ text, kind }, index) => {
          if (kind === 'quote')
            return (
              <mark ref={mark} key={index}>
                {text}
              </mark>
            )
          if (kind === 'other')
            return (
              <span key={index} class="other">
                {text}
              </span>
            )
          return kind === 'heading' ? <strong key={index}>{text}</strong> : text
        })}
      </div>
    </div>
  )
}
