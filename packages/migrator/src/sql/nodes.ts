/** The contents of all nodes of a kind, at any depth. */
export function nodesIn(value: unknown, kind: string): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap((item) => nodesIn(item, kind))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, held]) => [
    ...(key === kind && isRecord(held) ? [held] : []),
    ...nodesIn(held, kind),
  ])
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
