import { useState } from 'preact/hooks'
import { toRefusal, type Refusal } from '../api/refusal.ts'

/** Something that the operator does: one at a time, and what was refused is kept until the next. */
export function useAction(): {
  readonly run: (work: () => Promise<void>) => void
  readonly isBusy: boolean
  readonly refusal: Refusal | undefined
} {
  const [isBusy, setIsBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  const run = (work: () => Promise<void>) => {
    if (isBusy) return
    setIsBusy(true)
    setRefusal(undefined)
    work()
      .catch((error: unknown) => setRefusal(toRefusal(error)))
      .finally(() => setIsBusy(false))
  }
  return { run, isBusy, refusal }
}
