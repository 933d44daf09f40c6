import type { CommandName } from '../../errors/next-step.ts'
import type { Command, CommandGroup } from '../command.ts'

/** The only list of the commands, in the order of the help. Each is imported where a command line is about it. */
const COMMANDS: Readonly<Record<CommandName, () => Promise<Command | CommandGroup>>> = {
  start: async () => (await import('./start.ts')).start,
  status: async () => (await import('./status.ts')).status,
  plan: async () => (await import('./plan.ts')).plan,
  up: async () => (await import('./up.ts')).up,
  down: async () => (await import('./down.ts')).down,
  create: async () => (await import('./create.ts')).create,
  hash: async () => (await import('./hash.ts')).hash,
  rebase: async () => (await import('./rebase.ts')).rebase,
  squash: async () => (await import('./squash.ts')).squash,
  release: async () => (await import('./release.ts')).release,
  lint: async () => (await import('./lint.ts')).lint,
  verify: async () => (await import('./verify.ts')).verify,
  check: async () => (await import('./check.ts')).check,
  diff: async () => (await import('./diff.ts')).diff,
  erd: async () => (await import('./erd.ts')).erd,
  history: async () => (await import('./history.ts')).history,
  seed: async () => (await import('./seed.ts')).seed,
  reset: async () => (await import('./reset.ts')).reset,
  backfill: async () => (await import('./backfill.ts')).backfill,
  archive: async () => (await import('./archive.ts')).archive,
  repair: async () => (await import('./repair.ts')).repair,
  adopt: async () => (await import('./adopt.ts')).adopt,
  grant: async () => (await import('./grant.ts')).grant,
}

/** The command of that name alone; all of them where there is none, for help and for suggestions. */
export async function loadCommands(name = ''): Promise<readonly (Command | CommandGroup)[]> {
  const one = Object.entries(COMMANDS).filter(([known]) => known === name)
  const loaders = one.length > 0 ? one.map(([, load]) => load) : Object.values(COMMANDS)
  return Promise.all(loaders.map((load) => load()))
}
