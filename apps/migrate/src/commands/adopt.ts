import type { Command } from '../command.ts'

export const adopt: Command = {
  name: 'adopt',
  usage:
    'adopt [--plan] [--decide PROBLEM=CHOICE …] [--yes] [--scratch-url URL] [--write-reconcile | --reconcile FILE]',
  summary: 'bring a database that something else made to head, with its rows',
  options: {
    plan: { type: 'boolean' },
    decide: { type: 'string', multiple: true },
    yes: { type: 'boolean' },
    'scratch-url': { type: 'string' },
    'write-reconcile': { type: 'boolean' },
    reconcile: { type: 'string' },
  },
  takes: [0, 0],
  // It needs the parser, whose loading the other commands are to be spared.
  run: async (call) => (await import('../adopt-database.ts')).adoptOnCall(call),
}
