import { quoteLiteral } from '../sql/quote-literal.ts'
import { markerQuery } from '../catalog/change-marker.ts'
import type { DatabaseState, LedgerName } from '../database-state.ts'
import { LOOK_SCHEMAS, type Look } from '../session/look.ts'
import { quoteName } from '../sql/quote-name.ts'
import { JOURNAL_FORMAT } from './names.ts'
import { isKnown, toEmptyState, toState } from './state.ts'
import { lacksRights } from './rights.ts'
import { mayBeStrange } from './search-path.ts'
import {
  judgments,
  locateQuery,
  stateQuery,
  UNJUDGED,
  type Located,
  type StateRow,
} from './state-query.ts'
import { mayBeDistrusted } from './trust.ts'

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
  const home = schema === undefined ? 'null' : quoteLiteral(schema)
  const query = locateQuery(quoteLiteral(table), `${home}::text`, LOOK_SCHEMAS, UNJUDGED)
  const { stranger, distrust, rights } = judgments(LOOK_SCHEMAS, 'ledger')
  const quoted = quotedName(quoteLiteral(table))
  // Each statement is planned where it is reached: the closer look, which costs most, only where there is reason for it.
  const body = `#variable_conflict use_column
declare
  located jsonb;
  ledger oid;
  state json;
begin
  select to_jsonb(one), one.oid into located, ledger from (${query}) as one;
  if ${mayBeStrange(LOOK_SCHEMAS)} or ${mayBeDistrusted('ledger')} then
    located := located || jsonb_build_object('stranger', ${stranger}, 'distrust', ${distrust});
  end if;
  if ${lacksRights('ledger')} then
    located := located || jsonb_build_object('missingRights', ${rights});
  end if;
  if (located->>'ledger')::boolean and (located->'format'->>'number')::integer = ${JOURNAL_FORMAT}
     and jsonb_array_length(located->'distrust') = 0 and located->>'stranger' is null then
    execute replace(replace(case when (located->>'archive')::boolean then ${stateText(true)} else ${stateText(false)} end,
                            ${quoteLiteral(quoteLiteral(LEDGER))}, quote_literal(${quoted})),
                    ${quoteLiteral(LEDGER)}, ${quoted}) into state;
  end if;
  perform set_config('migrator.located', located::text, true), set_config('migrator.state', state::text, true);
end`
  return [
    `do ${quoteLiteral(body)}`,
    `select current_setting('migrator.located')::json as located,
            nullif(current_setting('migrator.state'), '')::json as state, (${markerQuery()}) as marker`,
  ]
}

/** Stands for the ledger, whose schema is known only when the text is run. */
const LEDGER = '<ledger>'

function stateText(archive: boolean): string {
  const exists = { ledger: true, journal: true, format: JOURNAL_FORMAT, archive }
  return quoteLiteral(`select row_to_json(one) from (${stateQuery(LEDGER, exists)}) as one`)
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
  // Nothing to be read, and no journal that could know another ledger.
  if (!located.ledger && !located.journal) return { state: empty, changeMarker: marker }
  const state = row && toState(empty, row)
  return state && isKnown(state) ? { state, changeMarker: marker } : undefined
}
