import type { ComponentChildren } from 'preact'
import type { Refusal } from '../api/refusal.ts'

/** What the service has refused, or that it does not answer. */
export function Refused({ refusal }: { readonly refusal: Refusal | undefined }) {
  if (!refusal) return null
  return (
    <div class="notice bad" role="alert">
      <p>{refusal.message}</p>
      {refusal.requestId && (
        <p class="fine">
          <code>{refusal.code}</code>, request <code>{refusal.requestId}</code>
        </p>
      )}
    </div>
  )
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="loading" role="status">
      Loading {what} …
    </p>
  )
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <div class="empty">{children}</div>
}

/** A list that may be on its way, refused or empty. */
export function ListState<Item>(props: {
  readonly list: {
    readonly items: readonly Item[] | undefined
    readonly refusal: Refusal | undefined
    readonly more: (() => void) | undefined
    readonly isLoading: boolean
  }
  readonly what: string
  readonly empty: ComponentChildren
  readonly children: (items: readonly Item[]) => ComponentChildren
}) {
  const { list, what, empty, children } = props
  const { items } = list
  return (
    <>
      <Refused refusal={list.refusal} />
      {!items && list.isLoading && <Loading what={what} />}
      {items?.length === 0 && <Empty>{empty}</Empty>}
      {items && items.length > 0 && children(items)}
      {list.more && (
        <p class="more">
          <button type="button" onClick={list.more}>
            Show more {what}
          </button>
        </p>
      )}
    </>
  )
}
