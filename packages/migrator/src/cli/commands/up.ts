import { Argument, Option } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import type { Command } from '../command.ts'
import { CHANGING } from '../exits.ts'
import { ALLOW_DRIFT, PLAN_HASH, RUN_OPTIONS, type DriftFlags, type PlanFlags } from '../options.ts'
import { renderRun } from '../render/run.ts'

export const up: Command<
  'up',
  PlanFlags &
    DriftFlags & {
      readonly dryRun?: true
      readonly yes?: true
      readonly contract?: true
      readonly wait?: number
      readonly leaveBackfills?: true
    }
> = {
  name: 'up',
  summary: 'apply pending migrations',
  description:
    'In order, each in journalled segments. What was applied stays applied where a later one fails; run it again to go on. Before anything is changed, the rules of lint judge what is pending by the sizes of the tables in this database: an error ends it (exit 3). A contract step waits as long as an instance runs that needs the schema before it; what comes after it runs where it shares no object with it.',
  arguments: [
    new Argument('[target]', 'how far: a name, a unique prefix of one, +N, or head').default(
      'head',
    ),
  ],
  options: [
    new Option('--dry-run', 'change nothing; print what plan prints for this target'),
    new Option(
      '--contract',
      'apply contract steps, and refuse where a running instance needs the schema before one; with --wait, wait that long until none does',
    ),
    new Option(
      '--leave-backfills',
      'begin backfills and leave them to backfill run, with all that shares objects with them',
    ),
    new Option('--yes', 'apply what lint refuses in this database; the journal keeps what it was'),
    PLAN_HASH,
    ALLOW_DRIFT,
    ...RUN_OPTIONS,
  ],
  examples: [
    ['', 'apply all that is pending'],
    ['+1', 'apply the next migration'],
    ['--contract --wait 60', 'apply contract steps, as soon as the old instances have left'],
    ['--dry-run', 'see what would run, which locks it takes, and the hash of the plan'],
    ['--plan-hash 8f14e45fceea', 'apply what was reviewed, and nothing else'],
  ],
  exits: CHANGING,
  async run(call) {
    const { project, database, flags } = call
    const [target = 'head'] = call.args
    if (flags.dryRun) {
      const { printPlan } = await import('./preview-plan.ts')
      return printPlan(call, { direction: 'up', target })
    }
    const { run } = await import('../../run/index.ts')
    const {
      planHash,
      allowDrift,
      yes = false,
      contract = false,
      wait = 0,
      leaveBackfills: leavesBackfills = false,
    } = flags
    const result = await run(project, database(), {
      direction: 'up',
      target,
      yes,
      leavesBackfills,
      ...(contract && { contract, contractWait: wait }),
      ...(planHash !== undefined && { planHash }),
      ...(allowDrift !== undefined && { allowDrift }),
    })
    return { text: renderRun(result, call.word), json: result, exit: EXIT.done }
  },
}
