import type { AppliedMigration } from '../api/types.ts'
import { Pair } from './pair.tsx'
import { sayCount, sayDay, sayDuration, sayMany, sayMigration, sayTime } from '../text/words.ts'
import { Badge } from './badge.tsx'

/** A run of the migrator leaves its migrations this close together. */
const SAME_RUN_MS = 60_000

/** The migrations that the database has, newest first, by the runs that have applied them. */
export function Timeline({ applied }: { readonly applied: readonly AppliedMigration[] }) {
  const runs = groupByRun(applied)
  const contracts = applied.filter(({ phase }) => phase === 'contract').length
  const time = applied.reduce((sum, { duration_ms: took }) => sum + (took ?? 0), 0)
  return (
    <>
      <dl class="about-list">
        <Pair name="migrations">
          <strong>{sayCount(applied.length)}</strong>
        </Pair>
        <Pair name="runs">
          <strong>{sayCount(runs.length)}</strong>
        </Pair>
        <Pair name="contract steps">
          <strong>{sayCount(contracts)}</strong>
        </Pair>
        <Pair name="time of their statements">
          <strong>{sayDuration(time)}</strong>
        </Pair>
      </dl>
      <Picture runs={runs} />
      <ol class="timeline" reversed>
        {runs.toReversed().map((run) => (
          <li key={run[0]?.name}>
            <h3>
              {sayDay(run[0]?.applied_at ?? '')} <span>{sayTime(run[0]?.applied_at ?? '')}</span>
              <span class="fine">{sayMany(run.length, 'migration')}</span>
            </h3>
            <ol class="run" reversed>
              {run.toReversed().map((one) => (
                <Step key={one.name} migration={one} />
              ))}
            </ol>
          </li>
        ))}
      </ol>
    </>
  )
}

function Step({ migration }: { readonly migration: AppliedMigration }) {
  const { name, phase, duration_ms: duration } = migration
  return (
    <li class={phase === 'contract' ? 'step contract' : 'step'} title={name}>
      <span class="row-line start">
        <span class="name">{sayMigration(name)}</span>
        {phase === 'contract' && <Badge state="contract" />}
      </span>
      <span class="took">{duration === null ? '' : sayDuration(duration)}</span>
    </li>
  )
}

/** In units of the picture, which is as wide as there is room. */
const [HEIGHT, BAR, GAP, BETWEEN] = [64, 10, 3, 18]

/** A bar for each migration, as high as the logarithm of its time; a gap between runs. The list has the same in words. */
function Picture({ runs }: { readonly runs: readonly (readonly AppliedMigration[])[] }) {
  const all = runs.flat()
  const width = all.length * (BAR + GAP) + (runs.length - 1) * BETWEEN
  const bars = runs.flatMap((run, index) =>
    run.map((migration) => ({ migration, offset: index * BETWEEN })),
  )
  const slowest = Math.max(...all.map(heightOf))
  return (
    <figure class="picture" tabIndex={0} aria-label="Time line as a picture">
      <svg
        role="img"
        aria-label={`${sayMany(all.length, 'migration')} in ${sayMany(runs.length, 'run')}, oldest first; the higher the bar, the longer it took`}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="none"
        width={width}
        height={HEIGHT}
      >
        {bars.map(({ migration, offset }, index) => {
          const height = 6 + (heightOf(migration) / (slowest || 1)) * (HEIGHT - 6)
          return (
            <rect
              key={migration.name}
              class={migration.phase === 'contract' ? 'contract' : 'expand'}
              x={index * (BAR + GAP) + offset}
              y={HEIGHT - height}
              width={BAR}
              height={height}
            >
              <title>{`${sayMigration(migration.name)}: ${sayDuration(migration.duration_ms ?? 0)}`}</title>
            </rect>
          )
        })}
      </svg>
      <figcaption class="fine">
        Time that each migration took, oldest first; <span class="expand">expand</span> and{' '}
        <span class="contract">contract</span> steps. Bars are logarithmic.
      </figcaption>
    </figure>
  )
}

function heightOf({ duration_ms: duration }: AppliedMigration): number {
  return Math.log10(1 + (duration ?? 0))
}

function groupByRun(applied: readonly AppliedMigration[]): AppliedMigration[][] {
  const runs: AppliedMigration[][] = []
  for (const one of applied) {
    const last = runs.at(-1)?.at(-1)
    const gap = last ? Date.parse(one.applied_at) - Date.parse(last.applied_at) : Infinity
    if (gap <= SAME_RUN_MS) runs.at(-1)?.push(one)
    else runs.push([one])
  }
  return runs
}
