import { useState } from 'preact/hooks'
import type { Source } from '../api/types.ts'
import { Badge } from '../parts/badge.tsx'
import { Moment } from '../parts/moment.tsx'
import { ListState } from '../parts/states.tsx'
import { printRoute } from '../route.ts'
import { usePages } from '../state/use-pages.ts'
import { AddDocument } from './add-document.tsx'
import { Extract } from './extract.tsx'
import { FetchDocument } from './fetch-document.tsx'

/** The documents of a project: add one, choose some, have the facts extracted. */
export function DocumentsTab({ project }: { readonly project: string }) {
  const list = usePages<Source>(`/projects/${project}/sources`, { limit: 50 })
  const { chosen, choose } = useChosen()
  const added = (source: Source) => {
    choose(source.id, true)
    list.reload()
  }
  return (
    <div class="columns">
      <section aria-label="Documents">
        <ListState
          list={list}
          what="documents"
          empty="There is no document yet. Paste one, or choose a file."
        >
          {(sources) => (
            <ul class="rows">
              {sources.map((source) => (
                <DocumentRow
                  key={source.id}
                  source={source}
                  isChosen={chosen.has(source.id)}
                  onChoose={(isChosen) => choose(source.id, isChosen)}
                />
              ))}
            </ul>
          )}
        </ListState>
      </section>
      <div class="stack">
        <AddDocument project={project} onAdded={added} />
        <FetchDocument project={project} />
        {list.items && list.items.length > 0 && <Extract project={project} chosen={chosen} />}
      </div>
    </div>
  )
}

function useChosen() {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const choose = (id: string, isChosen: boolean) =>
    setChosen((before) => {
      const next = new Set(before)
      if (isChosen) next.add(id)
      else next.delete(id)
      return next
    })
  return { chosen, choose }
}

function DocumentRow(props: {
  readonly source: Source
  readonly isChosen: boolean
  readonly onChoose: (isChosen: boolean) => void
}) {
  const { source, isChosen, onChoose } = props
  const name = source.title ?? source.uri
  return (
    <li class="with-box">
      <input
        type="checkbox"
        checked={isChosen}
        aria-label={`Choose ${name}`}
        onChange={({ currentTarget }) => onChoose(currentTarget.checked)}
      />
      <div>
        <p class="row-line">
          <a
            class="name"
            href={printRoute(['projects', source.project_id, 'documents', source.id])}
          >
            {name}
          </a>
          <Badge state={source.status} />
        </p>
        <p class="fine">
          {source.source_group} · {source.title && `${source.uri} · `}
          <Moment at={source.created_at} />
        </p>
      </div>
    </li>
  )
}
