import type { Range } from './segments.ts'

/** The quote that an address points to. */
export function readRange({ start, end }: Readonly<Record<string, string>>): Range | undefined {
  const range = { start: Number(start ?? NaN), end: Number(end ?? NaN) }
  const isRange = Number.isInteger(range.start) && Number.isInteger(range.end)
  return isRange && range.start >= 0 && range.start < range.end ? range : undefined
}
