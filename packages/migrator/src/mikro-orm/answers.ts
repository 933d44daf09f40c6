import { failure } from '../errors/index.ts'
import type { Decisions } from './renames.ts'

/** Reads `migrations.answers` of a configuration, since MikroORM's own command passes no options. Throws PROJECT_INVALID. */
export function readAnswers(options: object): Pick<Decisions, 'renames' | 'drops'> {
  const given: unknown = 'answers' in options ? options.answers : {}
  const answers = typeof given === 'object' && given !== null ? given : { answers: given }
  const { rename = [], drop = [], ...others }: Record<string, unknown> = { ...answers }
  if (isListOfTexts(rename) && isListOfTexts(drop) && Object.keys(others).length === 0)
    return readDecisions(rename, drop)
  const reason = `migrations.answers is not readable: it has the lists of texts rename and drop.`
  throw failure('PROJECT_INVALID', { reason })
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

/** Reads renames as `old:new`, and drops by name. Throws PROJECT_INVALID. */
export function readDecisions(
  renames: readonly string[],
  drops: readonly string[],
): Pick<Decisions, 'renames' | 'drops'> {
  const pairs = renames.map((text): [string, string] => {
    const [old = '', name = '', ...more] = text.split(':')
    if (old !== '' && name !== '' && more.length === 0) return [old, name]
    const reason = `The rename "${text}" is not readable: write it as table:table or table.column:column.`
    throw failure('PROJECT_INVALID', { reason })
  })
  return { renames: new Map(pairs), drops: new Set(drops) }
}

/** Reads values as `table.column=EXPRESSION`. Throws PROJECT_INVALID. */
export function readFills(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text): [string, string] => {
      const [, column, value = ''] = /^([^=]+\.[^=]+?)\s*=\s*([^]*\S)\s*$/.exec(text) ?? []
      if (column !== undefined) return [column, value]
      const reason = `The value "${text}" is not readable: write it as table.column=EXPRESSION.`
      throw failure('PROJECT_INVALID', { reason })
    }),
  )
}
