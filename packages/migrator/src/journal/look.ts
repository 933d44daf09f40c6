import { escapeLiteral } from 'pg'
import { markerQuery } from '../catalog/change-marker.ts'
import type { DatabaseState, LedgerName } from '../database-state.ts'
import { LOOK_SCHEMAS, type Look } from '../session/look.ts'
import { quoteName } from '../sql/quote-name.ts'
import { JOURNAL_FORMAT } from './names.ts'
import { isKnown, toEmptyState, toState } from './state.ts'
import { locateQuery, stateQuery, type Located, type StateRow } from './state-query.ts'

/** What a look has found: the state, and the schema's change marker. */
export interface Seen {
  readonly state: DatabaseState
  readonly changeMarker: string
}

interface Looked {
  readonly located: Located
  /** Null where the ledger is not there, or the journal has another format. */
  readonly state: StateRow | null
  readonly marker: string
}

/**
 * The state and the schema's marker as one look. What is in ledger and journal is not read unless they can be trusted.
 * Throws NUL_BYTE.
 */
export function lookAtState({ table, schema }: LedgerName): Look {
  quoteName(table, schema)
  const home = schema === undefined ? 'null' : escapeLiteral(schema)
  const query = locateQuery(escapeLiteral(table), `${home}::text`, LOOK_SCHEMAS)
  const ledger = quotedName(escapeLiteral(table))
  const body = `#variable_conflict use_column
declare
  located json;
  state json;
begin
  select row_to_json(one) into located from (${query}) as one;
  if (located->>'ledger')::boolean and (located->'format'->>'number')::integer = ${JOURNAL_FORMAT}
     and json_array_length(located->'distrust') = 0 and located->>'stranger' is null
     and not (located->>'lacksRights')::boolean then
    execute replace(replace(case when (located->>'archive')::boolean then ${stateText(true)} else ${stateText(false)} end,
                            ${escapeLiteral(escapeLiteral(LEDGER))}, quote_literal(${ledger})),
                    ${escapeLiteral(LEDGER)}, ${ledger}) into state;
  end if;
  perform set_config('migrator.located', located::text, true), set_config('migrator.state', state::text, true);
end`
  return [
    `do ${escapeLiteral(body)}`,
    `select current_setting('migrator.located')::json as located,
            nullif(current_setting('migrator.state'), '')::json as state, (${markerQuery()}) as marker`,
  ]
}

/** Stands for the ledger, whose schema is known only when the text is run. */
const LEDGER = '<ledger>'

function stateText(archive: boolean): string {
  const exists = { ledger: true, journal: true, format: JOURNAL_FORMAT, archive }
  return escapeLiteral(`select row_to_json(one) from (${stateQuery(LEDGER, exists)}) as one`)
}

/** SQL: the ledger as `quoteName` has it. */
function quotedName(table: string): string {
  return `format('"%s"."%s"', replace(located->>'home', '"', '""'), replace(${table}, '"', '""'))`
}

/** Undefined where the questions are to be asked one by one. Throws what `readState` throws of what must not be read. */
export function readLooked(looked: unknown, ledger: LedgerName): Seen | undefined {
  if (looked === undefined) return undefined
  const { located, state: row, marker } = looked as Looked
  const { archive: _, ...empty } = toEmptyState(located, ledger)
  const state = row && toState(empty, row)
  return state && isKnown(state) ? { state, changeMarker: marker } : undefined
}
