import createFetchClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './api.ts'

/** The objects of the API, like `Schemas['Extraction']`. */
export type Schemas = components['schemas']
/** The pipeline's API: a method for each verb, which takes a path of the OpenAPI document and answers `{ data, error, response }`. */
export type Pipeline = Client<paths>

/**
 * Makes a client of the pipeline's API. Every path, parameter, body and answer is typed from its OpenAPI document.
 * A refusal is answered as `error`, problem details with a stable `code`; only a network that fails throws.
 *
 * @param url - where the pipeline is, like `http://localhost:8000`
 * @example
 * const pipeline = createClient('http://localhost:8000', key)
 * const { data, error } = await pipeline.POST('/api/v1/projects', { body: { name: 'API limits' } })
 */
export function createClient(url: string, key: string): Pipeline {
  return createFetchClient<paths>({ baseUrl: url, headers: { 'X-API-Key': key } })
}
