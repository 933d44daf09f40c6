import { expect, test } from 'vitest'
import { appWithoutDatabase } from '../testing/app.ts'
import { PROBLEMS } from './problems.ts'

const app = await appWithoutDatabase()
const document = (await app.inject('/openapi.json')).json()

test('describes every route, and which need no key', () => {
  expect(Object.keys(document.paths).toSorted()).toEqual([
    '/api/v1/jobs',
    '/api/v1/jobs/{job_id}',
    '/api/v1/jobs/{job_id}/events',
    '/api/v1/profiles',
    '/api/v1/projects',
    '/api/v1/projects/{project_id}',
    '/api/v1/projects/{project_id}/extract',
    '/api/v1/projects/{project_id}/extractions',
    '/api/v1/projects/{project_id}/sources',
    '/api/v1/projects/{project_id}/sources/{source_id}',
    '/api/v1/schema',
    '/healthz',
    '/readyz',
  ])
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
  const body = post.requestBody.content['application/json'].schema
  expect(body.required).toEqual(['uri', 'source_group', 'content'])
  expect(Object.keys(post.responses)).toEqual(['200', '201', '4XX', '5XX'])
  expect(Object.keys(post.responses['4XX'].content)).toEqual(['application/problem+json'])
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
