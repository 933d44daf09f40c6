import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { wordFor } from '../cli/word.ts'
import { failure } from './index.ts'
import { commandLine, renderFailure, type CommandStep } from './next-step.ts'

const why = 'To see'

describe('a step as a shell takes it', () => {
  const ODD = ['a b', "it's", '$HOME', '', '*', 'a.b=c', '--', 'é', '"', '\\', 'line\nend', '-1']

  test.each(ODD)('gives %j back as one word', (word) => {
    const step: CommandStep = { command: 'repair', args: [word], options: { reason: word }, why }
    const shell = `printf '%s\\0' ${commandLine('migrate', step)}`
    const words = execFileSync('sh', ['-c', shell], { encoding: 'utf8' }).split('\0')
    expect(words).toEqual(['migrate', 'repair', word, '--reason', word, ''])
  })

  test('has options in kebab case, flags without a value, and lists as many times as they are long', () => {
    const options = { notApplied: true, lose: ['a', 'b c'] } as const
    expect(commandLine('migrate', { command: 'down', args: ['M1'], options })).toBe(
      "migrate down M1 --not-applied --lose a --lose 'b c'",
    )
  })

  test.each([
    '/home/me/password-store/config.ts',
    'secret/*.ts',
    'Migration1_add_token',
    '--config=/srv/secrets/mikro-orm.config.ts',
    'account.passwd:secret',
    '--password-column',
  ])('is shown whole where a name speaks of a secret: %s', (name) => {
    const next: CommandStep[] = [{ command: 'again', options: { expect: 'URL' }, why }]
    const error = failure('NOTHING_IN_DOUBT', { name: 'M1', next })
    const [line] = renderFailure(error, wordFor('migrate', ['up', '--lose', name]))
      .split('\n')
      .slice(-1)
    const word = name.includes('*') ? `'${name}'` : name
    expect(line).toBe(`To see, run: migrate up --lose ${word} --expect URL`)
  })

  test.each([
    'postgres://u:hunter2@h/d',
    'host=h password=hunter2',
    `alter role a password 'hunter2'`,
  ])('has no secret: %s', (typed) => {
    const word = wordFor('migrate', ['up', '--database-url', typed])
    const line = word({ command: 'again', args: [typed], options: { to: typed, yes: true } })
    expect(line).not.toContain('hunter2')
    expect(line).toMatch(/^migrate up --database-url .*\*\*\*.* --to .*\*\*\*.* --yes$/)
    const sql = renderFailure({ message: 'x', next: [{ sql: typed, why }] }, word)
    expect(sql).toMatch(/\*\*\*/)
    expect(sql).not.toContain('hunter2')
  })

  test('adds to what was run', () => {
    const step: CommandStep = { command: 'again', options: { yes: true }, why }
    expect(commandLine('migrate down M1', step)).toBe('migrate down M1 --yes')
  })
})

test('an error has its steps as data, and each front end words them', () => {
  const error = failure('IN_DOUBT', { name: 'M1', segment: 1, statement: 'select', check: 'Look.' })
  expect(error.message).not.toMatch(/repair/)
  expect(error.toJSON().next).toEqual([
    { command: 'repair', args: ['M1'], options: { applied: true }, why: 'If it did' },
    { command: 'repair', args: ['M1'], options: { notApplied: true }, why: 'If it did not' },
  ])
  expect(
    renderFailure(error, (step) => ('setting' in step ? undefined : commandLine('tool', step)))
      .split('\n')
      .slice(-2),
  ).toEqual([
    'If it did, run: tool repair M1 --applied',
    'If it did not, run: tool repair M1 --not-applied',
  ])
  expect(renderFailure(error, () => undefined)).toBe(error.message)
})

test('what the caller adds comes after what the catalogue has', () => {
  const next = [{ sql: 'grant all on table a to b', why: 'As an administrator' }]
  const error = failure('NOTHING_IN_DOUBT', { name: 'M1', next })
  expect(
    error.next.map((step) => ('sql' in step ? step.sql : 'command' in step && step.command)),
  ).toEqual(['status', 'grant all on table a to b'])
  expect(error.details).toEqual({ name: 'M1' })
})
