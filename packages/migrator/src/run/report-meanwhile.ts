import { setTimeout as sleep } from 'node:timers/promises'
import type { SegmentContext } from './context.ts'

/** Most messages are answered sooner. */
const LONG_MS = 500

/** Runs `work`; where it takes long, what is held from before is put on disk and reported by another connection. */
export async function reportingMeanwhile<T>(
  { session, reports }: Pick<SegmentContext, 'session' | 'reports'>,
  work: () => Promise<T>,
): Promise<T> {
  if (!reports?.isHolding) return work()
  const isOver = new AbortController()
  const report = async () => {
    await sleep(LONG_MS, undefined, { signal: isOver.signal, ref: false })
    const observer = await session.observe()
    try {
      await reports.flush(observer)
    } finally {
      await observer.end()
    }
  }
  // It is reported later where this fails.
  const reporting = report().catch(() => {})
  try {
    return await work()
  } finally {
    isOver.abort()
    await reporting
  }
}
