import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** The heading of a view. Who comes to the view is told of it: it takes the focus, and names the page. */
export function Title(props: {
  readonly text: string
  readonly parents?: readonly { readonly text: string; readonly href: string }[]
  readonly children?: ComponentChildren
}) {
  const { text, parents = [], children } = props
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  useEffect(() => {
    document.title = `${text} · TechFacts`
  }, [text])
  return (
    <header class="title">
      {parents.length > 0 && (
        <nav aria-label="Breadcrumb">
          {parents.map(({ text, href }) => (
            <a key={href} href={href}>
              {text}
            </a>
          ))}
        </nav>
      )}
      <div class="title-line">
        <h1 ref={heading} tabIndex={-1}>
          {text}
        </h1>
        {children}
      </div>
    </header>
  )
}
