import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { appWithoutDatabase } from '../testing/app.ts'
import { PROBLEMS } from './problems.ts'

const app = await appWithoutDatabase()
const document = (await app.inject('/openapi.json')).json()

test('says which routes need no key', () => {
  expect(document.security).toEqual([{ key: [] }])
  const open = Object.keys(document.paths).filter((path) => document.paths[path].get?.security)
  expect(open).toEqual(['/healthz', '/readyz'])
})

test('says of every operation what it does, each in its own words', () => {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path ?? {}))
  const summaries = operations.map(({ summary }) => summary)
  for (const summary of summaries) expect(summary).toMatch(/^[A-Z][a-z]+ \S+/)
  expect(new Set(summaries).size).toBe(summaries.length)
})

test('describes what is sent and answered', () => {
  const { post } = document.paths['/api/v1/projects/{project_id}/sources']
  const body = document.components.schemas.NewSource
  expect(post.requestBody.content['application/json'].schema.$ref).toMatch('NewSource')
  expect(body.required).toEqual(['uri', 'source_group', 'content'])
  expect(Object.keys(post.responses)).toEqual(['200', '201', '4XX', '5XX'])
  expect(Object.keys(post.responses['4XX'].content)).toEqual(['application/problem+json'])
})

test('every operation has a name of its own, and says how it fails', () => {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path ?? {}))
  const names = operations.map(({ operationId }) => operationId)
  for (const name of names) expect(name).toMatch(/^[a-z]+[A-Za-z]*$/)
  expect(new Set(names).size).toBe(names.length)
  for (const { responses } of operations.filter(({ security }) => !security)) {
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['4XX', '5XX']))
  }
})

test('every schema has a name that is used, and an example that is valid', () => {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema({ ...document, $id: 'document' })
  for (const [name, { examples }] of Object.entries<{ examples?: unknown[] }>(
    document.components.schemas,
  )) {
    expect(JSON.stringify(document)).toContain(`"#/components/schemas/${name}"`)
    const isValid = ajv.getSchema(`document#/components/schemas/${name}`)
    expect(examples?.length).toBeGreaterThan(0)
    for (const example of examples ?? []) {
      expect([name, isValid?.(example), isValid?.errors]).toEqual([name, true, null])
    }
  }
})

test('documents every code of a problem', () => {
  const codes = Object.keys(PROBLEMS)
  expect(document.components.schemas.Problem.properties.code.enum).toEqual(codes)
  for (const code of codes) expect(document.info.description).toContain(`\`${code}\``)
})

test('the reference page needs nothing from other servers', async () => {
  const page = await app.inject('/docs/')
  expect(page.statusCode).toBe(200)
  expect(page.body).toContain('<title>TechFacts pipeline</title>')
  const sources = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, source]) => source ?? '',
  )
  expect(sources.length).toBeGreaterThan(0)
  for (const source of sources) {
    expect(source).not.toMatch(/^(?:https?:)?\/\//)
    expect((await app.inject(new URL(source, 'http://x/docs/').pathname)).statusCode).toBe(200)
  }
  expect(page.body).not.toMatch(/https?:\/\//)
})
