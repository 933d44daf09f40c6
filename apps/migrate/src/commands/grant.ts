import { EXIT, grantApplicationRole } from '@techfacts/migrator'
import type { Command } from '../command.ts'
import { printable } from '../render/words.ts'

export const grant: Command = {
  name: 'grant',
  usage: 'grant <role>',
  summary:
    'create a role for an application and give it DML, nothing more (MIGRATE_ROLE_PASSWORD sets its password)',
  options: {},
  takes: [1, 1],
  async run({ args: [role = ''], connection, environment }) {
    const report = await grantApplicationRole(connection(), role, environment.rolePassword)
    const made = report.created ? 'Created' : 'Updated'
    const lines = [
      `${made} role ${role.replaceAll('\n', '\u{FFFD}')}: DML on ${report.schemas.join(', ')}.`,
      ...report.warnings.map((warning) => `Warning: ${warning}`),
    ]
    const text = `${printable(lines.join('\n'))}\n`
    return { text, json: report, exit: EXIT.done }
  },
}
