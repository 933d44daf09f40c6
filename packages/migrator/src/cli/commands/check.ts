import type { Command } from '../command.ts'
import { LOOKING } from '../exits.ts'
import { DATABASE_OPTIONS } from '../options.ts'

export const check: Command<'check'> = {
  name: 'check',
  summary: 'whether entities, migrations, manifest, ledger and schema fit together',
  description:
    'For CI and cron: it finds all that is wrong, not only the first. Without a database URL the files alone are checked.',
  arguments: [],
  options: DATABASE_OPTIONS,
  examples: [['', 'before a merge, and every night on a database']],
  exits: [...LOOKING, 'pending'],
  async run({ project, database, environment, word }) {
    const { check: findAll, chooseExit } = await import('../../inspect/check.ts')
    const { renderFindings } = await import('../render/findings.ts')
    const hasDatabase = environment.databaseUrl !== undefined
    const findings = await findAll(project, hasDatabase ? database() : undefined)
    return {
      text: renderFindings(findings, hasDatabase, word),
      json: { findings, exit: chooseExit(findings) },
      exit: chooseExit(findings),
    }
  },
}
