import type { SchemaState } from '../api/types.ts'
import { Badge } from '../parts/badge.tsx'
import { Moment } from '../parts/moment.tsx'
import { Empty, Loading, Refused } from '../parts/states.tsx'
import { Timeline } from '../parts/timeline.tsx'
import { Title } from '../parts/title.tsx'
import { useLoad } from '../state/use-load.ts'
import { sayMany, sayMigration } from '../text/words.ts'
import { Backfills } from './backfills.tsx'

/** How the database is, as seen by this build, and how it has become so. */
export function SchemaView() {
  const { data, refusal } = useLoad(
    'schema',
    (api, signal) => api.get<SchemaState>('/schema', {}, signal),
    5000,
  )
  return (
    <>
      <Title text="Schema">
        {data && (
          <p class="fine">
            Revision <code>{data.revision}</code>
          </p>
        )}
      </Title>
      <Refused refusal={refusal} />
      {!data && !refusal && <Loading what="the state of the schema" />}
      {data && <State state={data} />}
    </>
  )
}

function State({ state }: { readonly state: SchemaState }) {
  const { gate, applied, drift_allowed_at: allowed } = state
  return (
    <>
      <div class={`notice ${gate.is_open ? 'good' : 'bad'}`} role="status">
        <p>
          <strong>{VERDICTS[gate.state] ?? gate.state}</strong> {gate.reason}
        </p>
      </div>
      {allowed && (
        <p class="notice fair">
          A run went on although the schema had drifted: somebody allowed it on{' '}
          <Moment at={allowed} />.
        </p>
      )}
      <Waiting state={state} />
      <Backfills backfills={state.backfills} />
      <section aria-labelledby="history">
        <h2 id="history">History</h2>
        {applied && applied.length > 0 && <Timeline applied={applied} />}
        {applied?.length === 0 && <Empty>No migration is applied.</Empty>}
        {!applied && <Unreadable what="the history" />}
      </section>
    </>
  )
}

const VERDICTS: Readonly<Record<string, string>> = {
  fits: 'The database fits this build.',
  ahead: 'The database is ahead, and this build works with it.',
  behind: 'The database is behind.',
  'ahead-by-contract': 'The database is ahead by a contract step.',
  drifted: 'The database has drifted.',
  unknown: 'The database is not known.',
}

/** The steps that are not done, and who keeps them from being done. */
function Waiting({ state }: { readonly state: SchemaState }) {
  const { pending, waiting } = state
  if (pending.length + waiting.length === 0) return null
  return (
    <section aria-labelledby="waiting">
      <h2 id="waiting">Not applied</h2>
      <ul class="rows">
        {pending.map((name) => (
          <li key={name}>
            <p class="row-line">
              <span class="name">{sayMigration(name)}</span>
              <Badge state="pending" />
            </p>
            <p class="fine">{name}</p>
          </li>
        ))}
        {waiting.map(({ name, needed_by: services }) => (
          <li key={name}>
            <p class="row-line">
              <span class="name">{sayMigration(name)}</span>
              <Badge state="contract" />
            </p>
            <p class="fine">
              {services.length === 0
                ? 'It waits for no service that is seen here: the next run of the migrate step applies it.'
                : `It waits for ${sayMany(services.length, 'older build')}: ${services.join(', ')}.`}
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Unreadable({ what }: { readonly what: string }) {
  return (
    <Empty>
      The role of the service may not read {what}. Run: <code>migrate grant</code> for it.
    </Empty>
  )
}
