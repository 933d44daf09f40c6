import type { Command } from '../command.ts'

/** The help: of one command, or of all. */
export function renderHelp(commands: readonly Command[], one?: Command): string {
  const width = Math.max(...commands.map(({ usage }) => usage.length))
  const lines = (one ? [one] : commands).map(
    ({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`,
  )
  return [
    'Usage: migrate <command> [options]',
    '',
    ...lines,
    '',
    '  --json                       the result as JSON on standard output',
    '  --config PATH                a MikroORM configuration file (or MIGRATE_CONFIG)',
    '  --wait SECONDS               for a server that does not answer yet',
    '  --lock-wait SECONDS          for another run to end (default 600)',
    '  --lock-budget SECONDS        for table locks, per segment (default 300)',
    '  --statement-timeout SECONDS  for one statement (default 3600)',
    '  --cancel-blockers idle-in-transaction:30s',
    '                               end sessions that are idle for so long in the way of a table lock',
    '',
    'Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 refused as unsafe, 4 another run holds',
    'the lock, 5 pending (check, status --exit-code), 6 integrity, 7 blocked by other sessions.',
    '',
  ].join('\n')
}
