import type { Command as Program } from 'commander'
import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { expect, test } from 'vitest'
import { EXIT } from '../errors/entry.ts'
import { migrate } from '../testing/cli.ts'
import { loadCommands } from './commands/index.ts'
import { SIGNAL_WORDS } from './exits.ts'
import { SIGNALS } from './signals.ts'
import { programs, reference } from './tests/reference.ts'

const COMMANDS = await loadCommands()
const declared = COMMANDS.flatMap((one) => ('commands' in one ? one.commands : [one]))
const all = programs().map((program): [path: string, Program] => [pathOf(program), program])

function pathOf(program: Program): string {
  return program.parent ? `${pathOf(program.parent)} ${program.name()}` : program.name()
}

test('docs/cli.md is what the commands say of themselves: pnpm docs:cli', async () => {
  const path = new URL('../../../../docs/cli.md', import.meta.url)
  expect(await readFile(path, 'utf8')).toBe(reference())
})

test.each(all)('%s --help prints its part of docs/cli.md, in lines of at most 80', async (path) => {
  const { exit, stdout, stderr } = await migrate([...path.split(' ').slice(1), '--help'])
  expect([exit, stderr]).toEqual([0, ''])
  expect(reference()).toContain(stdout.trimEnd())
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
})

test.each(all)(
  '%s describes each of its options and arguments',
  (_path, { options, registeredArguments }) => {
    for (const one of [...options, ...registeredArguments]) {
      expect([one.name(), one.description]).toEqual([one.name(), expect.stringMatching(/\w/)])
    }
    const optional = registeredArguments.filter(({ required }) => !required)
    for (const one of optional) {
      const without = one.defaultValueDescription ?? one.defaultValue
      expect([one.name(), without]).toEqual([one.name(), expect.stringMatching(/\w/)])
    }
  },
)

test.each(declared)('$name has an example, and its options each one sentence', (command) => {
  expect(command.examples.length).toBeGreaterThan(0)
  expect(command.summary).toMatch(/^[a-z]/)
  for (const { description } of command.options) expect(description).toMatch(/^[^A-Z].*[^.]$/)
})

test.each(all)('%s suggests the near option', async (path, { options }) => {
  for (const { long } of options) {
    if (!long) continue
    const typo = `${long}x`
    const { exit, stderr } = await migrate([...path.split(' ').slice(1), typo])
    expect([exit, stderr]).toEqual([EXIT.usage, expect.stringContaining(`Did you mean ${long}?`)])
  }
})

test.each(all)('%s takes no option for the value of another', async (path, command) => {
  const { options, registeredArguments } = command
  const given = registeredArguments.filter(({ required }) => required).map((one) => one.name())
  const words = [...path.split(' ').slice(1), ...given]
  for (const { long, required } of options) {
    if (!long || !required) continue
    for (const value of ['--help', '-h', '--config'])
      expect([long, value, await migrate([...words, long, value])]).toEqual([
        long,
        value,
        { exit: EXIT.usage, stdout: '', stderr: expect.stringContaining(`'${long} <`) },
      ])
  }
})

test.each(all.slice(1))(
  '%s is suggested for a name that is nearly it',
  async (path, { parent }) => {
    const words = path.split(' ').slice(1)
    const typed = [...words.slice(0, -1), `${words.at(-1)}x`]
    const { exit, stderr } = await migrate(typed)
    expect(exit).toBe(EXIT.usage)
    expect(stderr).toMatch(
      new RegExp(`Did you mean .*${words.at(-1)}.*See: .*${parent?.name()} --help`),
    )
  },
)

test('--version prints the version of the package', async () => {
  const path = new URL('../../package.json', import.meta.url)
  const { version } = JSON.parse(await readFile(path, 'utf8'))
  expect(await migrate(['--version'])).toEqual({ exit: 0, stdout: `${version}\n`, stderr: '' })
})

test('without a command the help goes to standard error, and the exit code says so', async () => {
  const { exit, stdout, stderr } = await migrate([])
  expect([exit, stdout, stderr]).toEqual([EXIT.usage, '', expect.stringMatching(/^Usage: migrate/)])
})

test('a usage error is JSON where JSON is asked for', async () => {
  const { exit, stdout } = await migrate(['up', '--jsom', '--json'])
  expect(exit).toBe(EXIT.usage)
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'PROJECT_INVALID', exit: EXIT.usage } })
})

test('the numbers that a shell makes of a signal are among the exit codes', () => {
  const said = SIGNAL_WORDS.flat().join(' ')
  for (const signal of SIGNALS) expect(said).toContain(String(128 + constants.signals[signal]))
  expect(reference()).toContain(`  130  ${SIGNAL_WORDS[0]?.[1].slice(0, 30)}`)
})
