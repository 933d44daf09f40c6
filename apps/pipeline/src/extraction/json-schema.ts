import { Ajv, type ErrorObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** Says why `data` is not what a schema asks for; undefined where it is. */
export type CheckData = (data: unknown) => string | undefined

/**
 * Compiles a project's JSON schema (draft 2020-12, or draft-07 where `$schema` names it). Words that no
 * draft knows are refused, since a mistyped one would ask for nothing; `x-…` and `example` may be there.
 *
 * @throws Error with one line that says what is wrong with the schema
 */
export function compileSchema(schema: object): CheckData {
  const key = JSON.stringify(schema)
  if (last?.key !== key) last = { key, check: compile(schema) }
  return last.check
}

/** The last one: a job checks the facts of all its chunks by the same schema. */
let last: { readonly key: string; readonly check: CheckData } | undefined

function compile(schema: object): CheckData {
  const isOld = String((schema as { $schema?: unknown }).$schema).includes('draft-07')
  const ajv = isOld ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS)
  formats.default(ajv)
  ajv.addVocabulary(annotationsOf(schema))
  const check = ajv.compile(schema)
  // It would answer later, and so accept everything.
  if ('$async' in check) throw new Error('$async is no word of a JSON schema')
  return (data) => (check(data) ? undefined : describeErrors(check.errors ?? []))
}

const OPTIONS = {
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  allowUnionTypes: true,
  validateFormats: true,
  ownProperties: true,
  logger: false,
} as const

/** Every object of a schema, itself first. */
export function* walkSchema(schema: unknown, depth = 1): Generator<[part: object, depth: number]> {
  if (typeof schema !== 'object' || schema === null) return
  yield [schema, depth]
  for (const part of Object.values(schema)) yield* walkSchema(part, depth + 1)
}

function annotationsOf(schema: object): string[] {
  const words = ['example']
  for (const [part] of walkSchema(schema)) {
    words.push(...Object.keys(part).filter((word) => /^x-[\w-]+$/.test(word)))
  }
  return [...new Set(words)]
}

function describeErrors([error, ...more]: readonly ErrorObject[]): string {
  const { instancePath = '', message = 'is not valid', params = {} } = error ?? {}
  const what = Object.values(params).filter((value) => typeof value !== 'object')
  const extra = error?.keyword === 'additionalProperties' ? ` (${what.join(', ')})` : ''
  const others = more.length > 0 ? ` and ${more.length} more` : ''
  return `data${instancePath} ${message}${extra}${others}`.slice(0, 500)
}
