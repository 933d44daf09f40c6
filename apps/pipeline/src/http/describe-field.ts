import { cut } from './cut.ts'

/** What a validator of zod has found wrong with one field. */
type Found = {
  readonly keyword: string
  readonly message?: string | undefined
  readonly params: Readonly<Record<string, unknown>>
}

/** What is wrong with a field, as it is said after its name: "is missing". What a schema says in its own words stays. */
export function describeField({ keyword, message = 'is not valid', params }: Found): string {
  if (keyword === 'unrecognized_keys') return describeUnknownKeys(params['keys'])
  if (message.endsWith('received undefined')) return 'is missing'
  if (!DEFAULTS.test(message)) return message
  if (keyword === 'invalid_type') return `is not of type ${String(params['expected'])}`
  if (keyword === 'invalid_format') return `is not a ${String(params['format']).toUpperCase()}`
  if (keyword === 'too_small') return describeBound('less', params['minimum'], params['origin'])
  if (keyword === 'too_big') return describeBound('more', params['maximum'], params['origin'])
  if (keyword === 'invalid_value' && Array.isArray(params['values'])) {
    return `is none of ${params['values'].join(', ')}`
  }
  return message
}

/** How the sentences of zod itself begin. */
const DEFAULTS = /^(?:Invalid|Too)\b/

function describeBound(how: 'less' | 'more', bound: unknown, origin: unknown): string {
  if (origin === 'string' && how === 'less' && bound === 1) return 'is empty'
  const unit = { string: ' characters', array: ' items' }[String(origin)]
  return `${unit ? 'has' : 'is'} ${how} than ${String(bound)}${unit ?? ''}`
}

/** zod names every one of them, however many were sent. */
function describeUnknownKeys(keys: unknown): string {
  const all = Array.isArray(keys) ? keys : []
  const named = all.slice(0, 3).map((key) => JSON.stringify(cut(String(key), 40)))
  const more = all.length > 3 ? ` and ${all.length - 3} more` : ''
  return `has fields that the API does not take: ${named.join(', ')}${more}`
}
