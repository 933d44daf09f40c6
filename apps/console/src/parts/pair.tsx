import type { ComponentChildren } from 'preact'

/** A thing and what it is, in a list of such. */
export function Pair(props: {
  readonly name: string
  readonly isWide?: boolean
  readonly children: ComponentChildren
}) {
  return (
    <div class={props.isWide ? 'wide' : ''}>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  )
}
