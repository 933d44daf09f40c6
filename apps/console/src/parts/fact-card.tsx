import type { Fact } from '../api/types.ts'
import { cutText } from '../text/segments.ts'
import { sayName, sayShare } from '../text/words.ts'

/** A fact: what was found, how sure that is, and where it stands. */
export function FactCard(props: {
  readonly fact: Fact
  readonly isShown: boolean
  readonly href: string
}) {
  const { fact, isShown, href } = props
  const data = readData(fact.data)
  return (
    <li class="fact" aria-current={isShown ? 'true' : undefined}>
      <p class="row-line">
        <span class="kind">{sayName(data.category ?? fact.extraction_type)}</span>
        {fact.stale && <span class="badge fair">stale</span>}
        {fact.confidence !== null && <Confidence share={fact.confidence} />}
      </p>
      <Quote text={fact.quote ?? data.statement ?? 'It has no quote.'} values={data.values} />
      {data.values.length > 0 && (
        <ul class="values" aria-label="Values">
          {data.values.map(({ kind, text }, index) => (
            <li key={index}>
              <span>{sayName(kind)}</span> {text}
            </li>
          ))}
        </ul>
      )}
      <p class="fine where">
        <span>{[fact.source_group, ...(fact.heading_path ?? [])].join(' › ')}</span>
        <a href={href} aria-label={`Show in its document: ${(fact.quote ?? '').slice(0, 60)}`}>
          Show in its document
        </a>
      </p>
      <Details fact={fact} />
    </li>
  )
}

/** The values in it stand out. */
function Quote({ text, values }: { readonly text: string; readonly values: Data['values'] }) {
  const ranges = values.flatMap((value) => {
    const start = text.indexOf(value.text)
    return start === -1 || value.text === '' ? [] : [{ start, end: start + value.text.length }]
  })
  return (
    <blockquote>
      {cutText(text, undefined, ranges).map(({ text, kind }, index) =>
        kind === 'other' ? <b key={index}>{text}</b> : text,
      )}
    </blockquote>
  )
}

function Confidence({ share }: { readonly share: number }) {
  return (
    <span class="confidence">
      <meter
        aria-label="Confidence"
        min={0}
        max={1}
        low={0.6}
        high={0.8}
        optimum={1}
        value={share}
      />
      {sayShare(share)}
    </span>
  )
}

function Details({ fact }: { readonly fact: Fact }) {
  return (
    <details>
      <summary>Confidence and data</summary>
      {fact.confidence_parts && (
        <dl class="parts">
          {fact.confidence_parts.map(({ part, points }) => (
            <div key={part}>
              <dt>{sayName(part)}</dt>
              <dd>{sayPoints(points)}</dd>
            </div>
          ))}
        </dl>
      )}
      <p class="fine">
        {[fact.profile_used && sayName(fact.profile_used), fact.extractor]
          .filter(Boolean)
          .join(' · ')}
      </p>
      <pre tabIndex={0}>{JSON.stringify(fact.data, null, 2)}</pre>
    </details>
  )
}

const sayPoints = (points: number): string =>
  `${points < 0 ? '−' : '+'}${sayShare(Math.abs(points))}`

type Data = {
  readonly category?: string
  readonly statement?: string
  readonly values: readonly { readonly kind: string; readonly text: string }[]
}

/** A project may have facts of any shape: what is not of the usual one is in the details. */
function readData(data: unknown): Data {
  const { category, statement, values } = (data ?? {}) as Record<string, unknown>
  return {
    ...(typeof category === 'string' && { category }),
    ...(typeof statement === 'string' && { statement }),
    values: Array.isArray(values) ? values.filter(isValue) : [],
  }
}

function isValue(value: unknown): value is { kind: string; text: string } {
  const { kind, text } = (value ?? {}) as Record<string, unknown>
  return typeof kind === 'string' && typeof text === 'string'
}
