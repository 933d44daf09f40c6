import type { SegmentContext } from './context.ts'

/** Most messages are answered sooner. */
const LONG_MS = 500

/** Runs `work`; where it takes long, what is held from before is put on disk and reported by another connection. */
export async function reportingMeanwhile<T>(
  { session, reports }: Pick<SegmentContext, 'session' | 'reports'>,
  work: () => Promise<T>,
): Promise<T> {
  if (!reports?.isHolding) return work()
  const report = async () => {
    const observer = await session.observe()
    try {
      await reports.flush(observer)
    } finally {
      await observer.end()
    }
  }
  let reporting: Promise<void> | undefined
  const timer = setTimeout(() => {
    // It is reported later where this fails.
    reporting = report().catch(() => {})
  }, LONG_MS).unref()
  try {
    return await work()
  } finally {
    clearTimeout(timer)
    await reporting
  }
}
