/** Milliseconds that a batch is to take: for as long its rows are locked. GitLab's batches aim at the same order. */
const TARGET_MS = 100

/** Rows of the first batch: nobody knows yet what a row costs. */
export const FIRST_BATCH = 500

const LEAST = 10

/**
 * The most rows of a batch, however fast they are. Whoever writes one of them waits for the batch: fewer rows at a time
 * meet fewer writers.
 */
const MOST = 5000

/** How many rows the next batch has, after one that took so long. It grows slowly and shrinks at once. */
export function nextBatch(rows: number, milliseconds: number): number {
  const ratio = TARGET_MS / Math.max(milliseconds, 1)
  return clamp(Math.round(rows * Math.min(ratio, 2)))
}

/** After a batch that met a lock: fewer rows meet fewer locks. */
export function smallerBatch(rows: number): number {
  return clamp(Math.round(rows / 2))
}

function clamp(rows: number): number {
  return Math.min(Math.max(rows, LEAST), MOST)
}
