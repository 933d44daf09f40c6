import { describeRun, type Status } from '@techfacts/migrator'

/** A line for each migration, and the sum. */
export function renderStatus({ migrations, pending, running, outOfOrder }: Status): string {
  const lines = migrations.map(
    ({ name, state, executedAt }) =>
      `${state.padEnd(9)} ${name}${executedAt ? `  ${executedAt}` : ''}`,
  )
  const sum =
    pending === 0
      ? `At head: ${migrations.length} migrations applied.`
      : `${pending} of ${migrations.length} migrations are to be applied: ${running ? 'wait for the run that is at work' : 'migrate up'}`
  return `${[...lines, ...(running ? [describeRun(running)] : []), outOfOrder ?? sum].join('\n')}\n`
}
