import type { Stage } from './stage.ts'

/** How rows are made. */
export interface FillRequest {
  readonly seed: number
  readonly rowsPerTable: number
}

/** Puts rows into each table that has none. */
export async function fillEmpty(_stage: Stage, _request: FillRequest): Promise<void> {}
