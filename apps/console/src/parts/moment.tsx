import { sayMoment } from '../text/words.ts'

export function Moment({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at}>
      {sayMoment(at)}
    </time>
  )
}
