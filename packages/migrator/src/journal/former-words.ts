import type { AdoptionRecord, JournalEvent } from '../database-state.ts'
import { FORMER_JOURNAL, JOURNAL, RENAMED_FORMAT } from './names.ts'

/** By the events of today: what formats up to 4 called them. */
const FORMER_EVENTS = {
  'no-effect': 'lost',
  resolved: 'settled',
  'schema-recorded': 'catalog',
  'rollup-recorded': 'rolled-up',
  'ledger-dropped': 'forgotten',
  restored: 'given-back',
} as const satisfies Partial<Record<JournalEvent, string>>

const OF_ADOPTION = {
  knownSchema: 'shape',
  unmanaged: 'extras',
  reconciliation: 'reconciled',
  contradicted: 'unbelieved',
} as const satisfies Partial<Record<keyof AdoptionRecord, string>>

/** The same for the keys of the facts, by the event of today. */
const FORMER_FACTS = {
  'schema-recorded': { changeMarker: 'marker', unmanaged: 'theirs' },
  adopting: OF_ADOPTION,
  adopted: OF_ADOPTION,
} as const satisfies Partial<Record<JournalEvent, Readonly<Record<string, string>>>>

type Pairs = readonly (readonly [from: string, to: string])[]

/** Words for others: of events, and of the facts by the event that they are renamed for. */
interface Words {
  readonly events: Pairs
  readonly facts: readonly (readonly [event: string, keys: Pairs])[]
}

const TO_FORMER: Words = {
  events: Object.entries(FORMER_EVENTS),
  facts: Object.entries(FORMER_FACTS).map(([event, keys]) => [event, Object.entries(keys)]),
}

const TO_PRESENT: Words = {
  events: TO_FORMER.events.map(([present, former]) => [former, present]),
  facts: TO_FORMER.facts.map(([event, keys]) => [
    new Map(TO_FORMER.events).get(event) ?? event,
    keys.map(([present, former]) => [former, present]),
  ]),
}

function renamedEvent(event: string, { events }: Words): string {
  const whens = events.map(([from, to]) => `when '${from}' then '${to}'`)
  return `case ${event} ${whens.join(' ')} else ${event} end`
}

function renamedFacts(facts: string, event: string, words: Words): string {
  const whens = words.facts.map(([of, keys]) => {
    const without = keys.map(([from]) => ` - '${from}'`).join('')
    const renamed = keys.map(([from, to]) => `'${to}', ${facts}->'${from}'`).join(', ')
    return `when '${of}' then (${facts}${without}) || jsonb_strip_nulls(jsonb_build_object(${renamed}))`
  })
  return `case when jsonb_typeof(${facts}) = 'object' then case ${event} ${whens.join('\n')} else ${facts} end else ${facts} end`
}

/** Journals of the first versions have the statements of `down` alone. */
function wholeDefinition(undo: string): string {
  return `case when jsonb_typeof(${undo}) = 'array' then jsonb_build_object(
                 'transactional', true, 'up', jsonb_build_object('kind', 'sql', 'statements', '[]'::jsonb),
                 'down', jsonb_build_object('kind', 'sql', 'statements',
                    (select coalesce(jsonb_agg(one->'sql'), '[]') from jsonb_array_elements(${undo}) as one)),
                 'downRequires', '[]'::jsonb) else ${undo} end`
}

const REWRITTEN = new Set(
  [...TO_PRESENT.events, ...TO_PRESENT.facts].map(([event]) => `'${event}'`),
)

/** Statements that bring the rows of a renamed table to the words of today. Those of `done` keep their versions: evidence. */
export const REWRITE_ROWS = `
update ${JOURNAL} set facts = ${renamedFacts('facts', 'event', TO_PRESENT)},
    event = ${renamedEvent('event', TO_PRESENT)}
 where event in (${[...REWRITTEN].join(', ')});
update ${JOURNAL} set definition = ${wholeDefinition('definition')} where jsonb_typeof(definition) = 'array';
`

const SAME_BEFORE =
  'migration, direction, phase, segment, segments, mode, final, checksum, statements'
const SAME_BETWEEN = 'duration_ms, lock_wait_ms, attempts, rows, note'
const SAME_AFTER = 'role, application, host, tool_version, build'

/** The journal in the words of format 4. */
export const FORMER_VIEW = `
create or replace view ${FORMER_JOURNAL} as
  select id, at, run, ${renamedEvent('event', TO_FORMER)} as event, ${SAME_BEFORE}, definition as undo, ${SAME_BETWEEN}, fingerprint,
         ${renamedFacts('facts', 'event', TO_FORMER)} as facts, ledger, ${SAME_AFTER}
    from ${JOURNAL};
`

/** A journal of an older format in the words of today. Its first formats lack columns. */
const OLDER_JOURNAL = `(
  select id, at, run, ${renamedEvent('event', TO_PRESENT)} as event, ${SAME_BEFORE}, ${wholeDefinition('undo')} as definition,
         ${SAME_BETWEEN}, whole->>'fingerprint' as fingerprint,
         ${renamedFacts(`nullif(whole->'facts', 'null')`, 'event', TO_PRESENT)} as facts,
         whole->>'ledger' as ledger, ${SAME_AFTER}
    from ${FORMER_JOURNAL} as former cross join lateral (select to_jsonb(former) as whole) as entry)`

/** SQL: what a reader selects from, which gives it the words of today whatever the format of the journal is. */
export function journalIn({ format }: { readonly format: number }): string {
  return `${format < RENAMED_FORMAT ? OLDER_JOURNAL : JOURNAL} as journal`
}
