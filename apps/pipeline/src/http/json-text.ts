import type { FastifySerializerCompiler } from 'fastify'
import { JsonText } from '../json-text.ts'

/**
 * Serializes what `compile` does, and passes on what is JSON already: to read it, to check it and to write it again would
 * take longer than all else of most requests. Its types come from the query.
 */
export function passJsonText<Schema>(
  compile: FastifySerializerCompiler<Schema>,
): FastifySerializerCompiler<Schema> {
  return (route) => {
    const serialize = compile(route)
    return (data) => (data instanceof JsonText ? data.text : serialize(data))
  }
}

/** What a handler returns for JSON, so that its type is the one of the route's schema. */
export function asAnswer<Value>(json: JsonText<Value>): Value {
  return json as unknown as Value
}
