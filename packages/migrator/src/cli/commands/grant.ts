import { Argument, InvalidArgumentError } from 'commander'
import { EXIT } from '../../errors/entry.ts'
import type { Command } from '../command.ts'
import { RUN_OPTIONS } from '../options.ts'
import { printable } from '../../errors/printable.ts'

export const grant: Command<'grant'> = {
  name: 'grant',
  summary: 'create a role for an application and let it read and write rows, nothing more',
  description:
    'Its password is that of MIGRATE_ROLE_PASSWORD. Run it again after migrations that make new schemas.',
  arguments: [new Argument('<role>', 'the name of the role').argParser(roleName)],
  options: RUN_OPTIONS,
  examples: [['app', 'SELECT, INSERT, UPDATE and DELETE on the tables of the migrations']],
  exits: ['failed', 'refused', 'locked', 'integrity'],
  async run({ args: [role = ''], database, environment }) {
    const { grantApplicationRole } = await import('../../grant/roles.ts')
    const report = await grantApplicationRole(database(), role, environment.rolePassword)
    const made = report.created ? 'Created' : 'Updated'
    const lines = [
      `${made} role ${role.replaceAll('\n', '\u{FFFD}')}: DML on ${report.schemas.join(', ')}.`,
      ...report.warnings.map((warning) => `Warning: ${warning}`),
    ]
    const text = `${printable(lines.join('\n'))}\n`
    return { text, json: report, exit: EXIT.done }
  },
}

/** Throws InvalidArgumentError: a role would get the password in a URL as a part of its name, for all to read. */
export function roleName(value: string): string {
  if (value !== '' && !value.includes('://')) return value
  throw new InvalidArgumentError('It must be the name of a role, not a URL.')
}
