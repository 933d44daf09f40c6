import type pg from 'pg'
import type { Statement } from '../migration.ts'
import { findTableLosses } from './find-table-losses.ts'
import { readFunctionKinds, type Functions } from './inventory.ts'
import {
  changesFunctions,
  makesFunction,
  mayCallFunctions,
  mayTakeObjects,
  takesNothing,
  worksOnRows,
  type Kept,
} from './statement-kinds.ts'

/** True where functions that these statements call or run, or that triggers do, may drop what no text names. */
export async function mayTakeUnsaid(
  client: pg.ClientBase,
  statements: readonly Kept[],
): Promise<boolean> {
  const mayRun = statements.some((one) => mayCallFunctions(one) || worksOnRows(one))
  if (mayRun && statements.some(makesFunction)) return true
  const { mayTake, haveEvents } = await readFunctionKinds(client)
  return mayTake && (mayRun || haveEvents)
}

/** True of a cursor WITH HOLD whose query may write: it is run at the end of the transaction. */
export async function holdsWritingCursor(
  client: pg.ClientBase,
  statement: Pick<Statement, 'sql' | 'dataLosses'>,
): Promise<boolean> {
  if (!/\bdeclare\b[^]*\bcursor\b[^]*\bwith\s+hold\b/i.test(statement.sql)) return false
  return (await findTableLosses(client, statement)).unknown.length > 0
}

/** Tells of the statements of a segment, one after the other, which may take something away. */
export class Takers {
  readonly #client: pg.ClientBase
  /** Undefined where there may be others than before. */
  #functions: Functions | undefined

  constructor(client: pg.ClientBase) {
    this.#client = client
  }

  /** Where rows are kept anything may: what operators, casts, checks and policies call is in no text. */
  async includes(statement: Kept, keepsRows: boolean): Promise<boolean> {
    const isSaid = keepsRows ? !takesNothing(statement) : statement.dataLosses.some(mayTakeObjects)
    if (isSaid) return true
    const { mayTake, areRunUnnamed, haveEvents } = await this.#read()
    if (haveEvents) return keepsRows || mayTake
    return mayTake && (mayCallFunctions(statement) || (areRunUnnamed && worksOnRows(statement)))
  }

  /** Deferred triggers are among them. */
  async includeTriggers(): Promise<boolean> {
    return (await this.#read()).mayTake
  }

  /** After a statement. */
  follow(statement: Kept): void {
    if (changesFunctions(statement)) this.#functions = undefined
  }

  async #read(): Promise<Functions> {
    return (this.#functions ??= await readFunctionKinds(this.#client))
  }
}
