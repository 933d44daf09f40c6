import type { Client } from 'pg'
import type { Segment } from '../plan/segments.ts'

/** Who watches what segments do: it may look at everything and changes nothing. What it throws ends the run. */
export interface Witness {
  /** Called before each try, outside of a transaction. */
  before(segment: Segment, client: Client): Promise<void>
  /** Called once it has run, in its transaction if it has one. */
  after(segment: Segment, client: Client): Promise<void>
}
