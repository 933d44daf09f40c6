import type { Backfill } from '../api/types.ts'
import { Badge } from '../parts/badge.tsx'
import { Moment } from '../parts/moment.tsx'
import { sayCount, sayMigration } from '../text/words.ts'

/** The backfills that are not done. */
export function Backfills({ backfills }: { readonly backfills: readonly Backfill[] | null }) {
  const open = backfills?.filter(({ state }) => state !== 'done') ?? []
  if (open.length === 0) return null
  return (
    <section aria-labelledby="backfills">
      <h2 id="backfills">Backfills</h2>
      <ul class="rows">
        {open.map((one) => (
          <li key={one.migration}>
            <p class="row-line">
              <span class="name">{sayMigration(one.migration)}</span>
              <Badge state={one.state} />
            </p>
            <progress
              aria-label={`Rows seen of ${sayMigration(one.migration)}`}
              value={Math.min(one.seen, one.estimate)}
              max={Math.max(one.estimate, 1)}
            />
            <p class="fine">
              {sayCount(one.seen)} of about {sayCount(one.estimate)} rows seen,{' '}
              {sayCount(one.changed)} changed · pass {one.pass} · began <Moment at={one.began_at} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}
