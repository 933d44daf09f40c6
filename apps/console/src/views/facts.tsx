import { useEffect, useRef } from 'preact/hooks'
import type { Fact } from '../api/types.ts'
import { FactCard } from '../parts/fact-card.tsx'
import { Reading } from '../parts/reading.tsx'
import { ListState } from '../parts/states.tsx'
import { printRoute } from '../route.ts'
import { usePages } from '../state/use-pages.ts'
import { readRange } from '../text/range.ts'
import { FactFilter } from './fact-filter.tsx'

type Query = Readonly<Record<string, string>>

/** The facts of a project, and beside them the document that one of them was found in. */
export function FactsTab({ project, query }: { readonly project: string; readonly query: Query }) {
  const { q, profile, min_confidence, source } = query
  const path = `/projects/${project}/extractions`
  const list = usePages<Fact>(path, { limit: 25, q, profile, min_confidence })
  const filtered = Boolean(q || profile || min_confidence)
  return (
    <>
      <FactFilter project={project} query={query} />
      <div class={source ? 'split' : ''}>
        <section aria-label="Facts">
          <ListState
            list={list}
            what="facts"
            empty={filtered ? 'No fact is like this.' : 'There is no fact yet. Extract some.'}
          >
            {(facts) => (
              <ol class="facts">
                {facts.map((fact) => (
                  <FactCard
                    key={fact.id}
                    fact={fact}
                    isShown={fact.id === query['fact']}
                    href={printRoute(['projects', project, 'facts'], pointTo(query, fact))}
                  />
                ))}
              </ol>
            )}
          </ListState>
        </section>
        {source && (
          <Beside project={project} query={query} source={source} facts={list.items ?? []} />
        )}
      </div>
    </>
  )
}

/** The address that shows a fact in its document. */
function pointTo(query: Query, fact: Fact) {
  const { q, profile, min_confidence } = query
  const { id, source_id, start, end } = fact
  const place = start === null || end === null ? {} : { start, end }
  return { q, profile, min_confidence, fact: id, source: source_id, ...place }
}

function Beside(props: {
  readonly project: string
  readonly query: Query
  readonly source: string
  readonly facts: readonly Fact[]
}) {
  const { project, query, source, facts } = props
  const { fact, q, profile, min_confidence } = query
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [fact])
  const others = facts.flatMap(({ source_id, start, end }) =>
    source_id === source && start !== null && end !== null ? [{ start, end }] : [],
  )
  return (
    <section class="beside" aria-labelledby="beside">
      <header class="beside-head">
        <h2 id="beside" ref={heading} tabIndex={-1}>
          In its document
        </h2>
        <a href={printRoute(['projects', project, 'documents', source])}>Open</a>
        <a href={printRoute(['projects', project, 'facts'], { q, profile, min_confidence })}>
          Close
        </a>
      </header>
      <Reading project={project} source={source} quote={readRange(query)} others={others} />
    </section>
  )
}
