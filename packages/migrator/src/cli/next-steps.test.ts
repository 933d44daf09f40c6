import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { errorCodes, failure, type ErrorCode, type MigratorError } from '../errors/index.ts'
import type { CommandStep } from '../errors/next-step.ts'
import { programs } from './tests/reference.ts'

/** Stands for any parameter of a message: a text, a number, a list and an object at once. */
const anything: object = new Proxy(() => anything, {
  get: (_, key) => {
    if (key === Symbol.toPrimitive || key === 'toString') return () => 'x'
    const own: unknown = Reflect.get([anything], key)
    if (typeof own === 'function') return own.bind([anything])
    return key === 'length' ? 1 : anything
  },
})

const ERRORS = join(import.meta.dirname, '../errors')
const names = readdirSync(ERRORS).flatMap((file) =>
  [...readFileSync(join(ERRORS, file), 'utf8').matchAll(/\bp\.(\w+)/g)].map(([, name]) => name),
)
const parameters = Object.fromEntries(names.map((name) => [name, anything]))

const failureOf = failure as unknown as (code: ErrorCode, parameters: object) => MigratorError
const steps = errorCodes().flatMap(({ code }) =>
  failureOf(code, parameters).next.flatMap((step): [ErrorCode, CommandStep][] =>
    'command' in step ? [[code, step]] : [],
  ),
)

test.each(steps)(
  '%s proposes what the command line has: %j',
  (_code, { command, args, options }) => {
    const top = programs().filter((program) => !program.parent?.parent)
    const found = top.find((program) => program.name() === command)
    const program = found?.commands.find((one) => one.name() === String(args?.[0])) ?? found
    const all = command === 'again' ? programs() : program ? [program] : []
    const taken = new Set(all.flatMap((one) => one.options.map((option) => option.attributeName())))
    expect(all).not.toEqual([])
    expect(Object.keys(options ?? {}).filter((name) => !taken.has(name))).toEqual([])
  },
)

test('there are such errors', () => {
  expect(steps.length).toBeGreaterThan(4)
})
