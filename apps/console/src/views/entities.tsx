import { useEffect, useRef } from 'preact/hooks'
import type { Entity, EntityWithMentions } from '../api/types.ts'
import { SearchForm } from '../parts/search-form.tsx'
import { ListState, Loading, Refused } from '../parts/states.tsx'
import { go, printRoute } from '../route.ts'
import { useLoad } from '../state/use-load.ts'
import { usePages } from '../state/use-pages.ts'
import { sayMany, sayName } from '../text/words.ts'

type Query = Readonly<Record<string, string>>

/** What the facts of a project are about, and the documents that mention it. */
export function EntitiesTab({
  project,
  query,
}: {
  readonly project: string
  readonly query: Query
}) {
  const { entity: shown, q } = query
  const list = usePages<Entity>(`/projects/${project}/entities`, { limit: 50, q })
  return (
    <>
      <EntitySearch project={project} q={q} />
      <div class={shown ? 'split' : ''}>
        <section aria-label="Entities">
          <ListState
            list={list}
            what="entities"
            empty={q ? 'No entity is like this.' : 'There is no entity yet. Extract some facts.'}
          >
            {(entities) => (
              <ul class="rows">
                {entities.map((one) => (
                  <EntityRow
                    key={one.id}
                    {...one}
                    isShown={one.id === shown}
                    href={printRoute(['projects', project, 'entities'], { q, entity: one.id })}
                  />
                ))}
              </ul>
            )}
          </ListState>
        </section>
        {shown && <Mentions key={shown} project={project} entity={shown} q={q} />}
      </div>
    </>
  )
}

function EntitySearch({
  project,
  q,
}: {
  readonly project: string
  readonly q: string | undefined
}) {
  return (
    <SearchForm
      label="Search the entities"
      placeholder="A part of the name"
      maxLength={200}
      q={q}
      search={(words) => go(printRoute(['projects', project, 'entities'], { q: words }))}
    />
  )
}

function EntityRow(props: Entity & { readonly isShown: boolean; readonly href: string }) {
  const { value, entity_type: type, source_group: group, isShown, href } = props
  return (
    <li aria-current={isShown ? 'true' : undefined}>
      <a class="name" href={href}>
        {value}
      </a>
      <p class="fine">
        {sayName(type)} · {group}
      </p>
    </li>
  )
}

function Mentions(props: {
  readonly project: string
  readonly entity: string
  readonly q: string | undefined
}) {
  const { project, entity, q } = props
  const path = `/projects/${project}/entities/${entity}`
  const { data, refusal } = useLoad(path, (api, signal) =>
    api.get<EntityWithMentions>(path, {}, signal),
  )
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <section class="beside" aria-labelledby="mentions">
      <header class="beside-head">
        <h2 id="mentions" ref={heading} tabIndex={-1}>
          {data ? `Documents that mention ${data.value}` : 'Documents'}
        </h2>
        <a href={printRoute(['projects', project, 'entities'], { q })}>Close</a>
      </header>
      <Refused refusal={refusal} />
      {!data && !refusal && <Loading what="its documents" />}
      <ul class="rows">
        {data?.sources.map(({ id, title, uri, mentions }) => (
          <li key={id}>
            <a class="name" href={printRoute(['projects', project, 'documents', id])}>
              {title ?? uri}
            </a>
            <p class="fine">{sayMany(mentions, 'fact')}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}
