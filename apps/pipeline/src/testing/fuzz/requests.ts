import * as fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { hostile, valueOf, type Schema } from './values.ts'

type Parameter = { readonly in: string; readonly name: string; readonly schema: Schema }
type Content = Readonly<Record<string, { readonly schema: Schema }>>
export type Operation = {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}
export type OpenApi = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** `{name}` in the path, and the number by which one of the ids that are there is chosen. */
export type FuzzedRequest = {
  readonly method: 'DELETE' | 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly parameters: Readonly<Record<string, number | string>>
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly payload?: string
}

/** Requests of every operation of an OpenAPI document but streams, which do not end. */
export function requestsOf(document: OpenApi, key: string): Arbitrary<FuzzedRequest> {
  const resolve = (ref: string) => document.components.schemas[ref.split('/').at(-1) ?? ''] ?? {}
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { responses }]) => !JSON.stringify(responses).includes('text/event-stream'))
      .map(([method, operation]) => requestOf(path, method, operation, key, resolve)),
  )
  return fc.oneof(...operations)
}

function requestOf(
  path: string,
  method: string,
  { parameters = [], requestBody }: Operation,
  key: string,
  resolve: (ref: string) => Schema,
): Arbitrary<FuzzedRequest> {
  const body = requestBody?.content['application/json']?.schema
  return fc.record({
    method: fc.constant(method.toUpperCase() as FuzzedRequest['method']),
    path: fc.constant(path),
    parameters: fc.record(
      Object.fromEntries(
        parameters.filter((one) => one.in === 'path').map(({ name }) => [name, pathParameter]),
      ),
    ),
    query: queryOf(parameters, resolve),
    headers: headersOf(key, body !== undefined),
    ...(body && { payload: payloadOf(valueOf(body, resolve)) }),
  })
}

/** Mostly an id that is there. */
const pathParameter: Arbitrary<number | string> = fc.oneof(
  { weight: 20, arbitrary: fc.nat(1000) },
  { weight: 1, arbitrary: fc.uuid() },
  { weight: 1, arbitrary: hostile.map(print) },
)

function queryOf(
  parameters: readonly Parameter[],
  resolve: (ref: string) => Schema,
): Arbitrary<string> {
  const own = parameters.filter((one) => one.in === 'query')
  const fields = own.map(({ name, schema }) => [name, valueOf(schema, resolve)])
  const known = fc.record(Object.fromEntries(fields), { requiredKeys: [] })
  const good = known.map((values) =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${encode(print(value))}`)
      .join('&'),
  )
  const bad = fc.constantFrom('%', '%zz', '%00=%00', 'limit=1&limit=2', 'a[b]=c', 'unknown=1')
  return fc.oneof({ weight: 15, arbitrary: good }, { weight: 1, arbitrary: bad })
}

function headersOf(key: string, hasBody: boolean): Arbitrary<Record<string, string>> {
  const keys = fc.oneof(
    { weight: 40, arbitrary: fc.constant(key) },
    { weight: 1, arbitrary: fc.constantFrom('', 'wrong', `${key}x`) },
  )
  const types = fc.oneof(
    { weight: 20, arbitrary: fc.constant('application/json') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('text/plain', 'application/xml', 'application/json; charset=x'),
    },
  )
  return fc
    .tuple(keys, types)
    .map(([given, type]) => ({ 'x-api-key': given, ...(hasBody && { 'content-type': type }) }))
}

/** JSON with what JSON.stringify would mend: halves of surrogate pairs stay, numbers may be out of range. */
function payloadOf(value: Arbitrary<unknown>): Arbitrary<string> {
  const good = value.map((sent) => JSON.stringify(sent))
  const bad = fc.constantFrom('', '{', 'null', '[]', '"x"', '{"a":1e999}', '{"__proto__":{}}')
  return fc.oneof({ weight: 20, arbitrary: good }, { weight: 1, arbitrary: bad })
}

/** As text; not by String, since a hostile object may have a `toString` of its own. */
function print(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
