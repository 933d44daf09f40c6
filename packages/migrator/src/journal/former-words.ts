import type { JournalEvent } from '../database-state.ts'
import { FORMER_JOURNAL, JOURNAL, JOURNAL_FORMAT } from './names.ts'

/** By the events of today: what formats up to 4 called them. */
const FORMER_EVENTS = {
  'no-effect': 'lost',
  resolved: 'settled',
  'schema-recorded': 'catalog',
  'rollup-recorded': 'rolled-up',
  'ledger-dropped': 'forgotten',
  restored: 'given-back',
} as const satisfies Partial<Record<JournalEvent, string>>

/** The same for the facts of `schema-recorded`. */
const FORMER_FACTS = { changeMarker: 'marker', unmanaged: 'theirs' } as const

type Pairs = readonly (readonly [from: string, to: string])[]

const FORMER: Pairs = Object.entries(FORMER_EVENTS)
const PRESENT: Pairs = FORMER.map(([present, former]) => [former, present])
const FORMER_KEYS: Pairs = Object.entries(FORMER_FACTS)
const PRESENT_KEYS: Pairs = FORMER_KEYS.map(([present, former]) => [former, present])

function renamedEvent(event: string, words: Pairs): string {
  const whens = words.map(([from, to]) => `when '${from}' then '${to}'`)
  return `case ${event} ${whens.join(' ')} else ${event} end`
}

function renamedFacts(facts: string, event: string, on: string, keys: Pairs): string {
  const without = keys.map(([from]) => ` - '${from}'`).join('')
  const renamed = keys.map(([from, to]) => `'${to}', ${facts}->'${from}'`).join(', ')
  return `case when ${event} = '${on}' and jsonb_typeof(${facts}) = 'object'
               then (${facts}${without}) || jsonb_strip_nulls(jsonb_build_object(${renamed})) else ${facts} end`
}

/** Journals of the first versions have the statements of `down` alone. */
function wholeDefinition(undo: string): string {
  return `case when jsonb_typeof(${undo}) = 'array' then jsonb_build_object(
                 'transactional', true, 'up', jsonb_build_object('kind', 'sql', 'statements', '[]'::jsonb),
                 'down', jsonb_build_object('kind', 'sql', 'statements',
                    (select coalesce(jsonb_agg(one->'sql'), '[]') from jsonb_array_elements(${undo}) as one)),
                 'downRequires', '[]'::jsonb) else ${undo} end`
}

const FORMER_RECORDED = FORMER_EVENTS['schema-recorded']

/** Statements that bring the rows of a renamed table to the words of today. Those of `done` keep their versions: evidence. */
export const REWRITE_ROWS = `
update ${JOURNAL} set facts = ${renamedFacts('facts', 'event', FORMER_RECORDED, PRESENT_KEYS)},
    event = ${renamedEvent('event', PRESENT)}
 where event in (${PRESENT.map(([former]) => `'${former}'`).join(', ')});
update ${JOURNAL} set definition = ${wholeDefinition('definition')} where jsonb_typeof(definition) = 'array';
`

const SAME_BEFORE =
  'migration, direction, phase, segment, segments, mode, final, checksum, statements'
const SAME_BETWEEN = 'duration_ms, lock_wait_ms, attempts, rows, note'
const SAME_AFTER = 'role, application, host, tool_version, build'

/** The journal in the words of format 4. */
export const FORMER_VIEW = `
create or replace view ${FORMER_JOURNAL} as
  select id, at, run, ${renamedEvent('event', FORMER)} as event, ${SAME_BEFORE}, definition as undo, ${SAME_BETWEEN}, fingerprint,
         ${renamedFacts('facts', 'event', 'schema-recorded', FORMER_KEYS)} as facts, ledger, ${SAME_AFTER}
    from ${JOURNAL};
`

/** A journal of an older format in the words of today. Its first formats lack columns. */
const OLDER_JOURNAL = `(
  select id, at, run, ${renamedEvent('event', PRESENT)} as event, ${SAME_BEFORE}, ${wholeDefinition('undo')} as definition,
         ${SAME_BETWEEN}, whole->>'fingerprint' as fingerprint,
         ${renamedFacts(`nullif(whole->'facts', 'null')`, 'event', FORMER_RECORDED, PRESENT_KEYS)} as facts,
         whole->>'ledger' as ledger, ${SAME_AFTER}
    from ${FORMER_JOURNAL} as former cross join lateral (select to_jsonb(former) as whole) as entry)`

/** SQL: what a reader selects from, which gives it the words of today whatever the format of the journal is. */
export function journalIn({ format }: { readonly format: number }): string {
  return `${format < JOURNAL_FORMAT ? OLDER_JOURNAL : JOURNAL} as journal`
}
