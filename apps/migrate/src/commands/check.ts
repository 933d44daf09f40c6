import { check as findAll, exitOf } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { renderFindings } from '../render/findings.ts'

export const check: Command = {
  name: 'check',
  usage: 'check',
  summary:
    'whether entities, migrations, manifest, ledger and schema fit, for CI and cron; exit 5 pending, 6 not whole',
  options: {},
  takes: [0, 0],
  async run({ project, connection, environment }) {
    const hasDatabase = environment.databaseUrl !== undefined
    const findings = await findAll(project, hasDatabase ? connection() : undefined)
    return {
      text: renderFindings(findings, hasDatabase),
      json: { findings, exit: exitOf(findings) },
      exit: exitOf(findings),
    }
  },
}
