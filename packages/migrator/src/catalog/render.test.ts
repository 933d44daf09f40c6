import { expect, test } from 'vitest'
import { diffCatalogs, renderDifferences, type CatalogObject } from './index.ts'

const NAMES = { here: 'production', there: 'head' }

function render(here: CatalogObject[], there: CatalogObject[]): string {
  return renderDifferences(diffCatalogs({ objects: here }, { objects: there }), NAMES)
}

const job: CatalogObject = { kind: 'table', identity: 'public.job' }
const column = (name: string, properties: object = {}): CatalogObject => ({
  kind: 'column',
  identity: `public.job.${name}`,
  of: 'public.job',
  type: 'integer',
  ...properties,
})

const view = (definition: string): CatalogObject => ({
  kind: 'view',
  identity: 'public.v',
  definition,
})

test('equal is said too', () => {
  expect(render([job], [job])).toBe('production and head are equal.\n')
})

test('a review, gravest first', () => {
  const text = render(
    [
      job,
      column('tries', { notNull: true, default: '0' }),
      column('status', { comment: 'x' }),
      view('SELECT id,\n  name\n FROM public.job\n WHERE a;'),
      { kind: 'table', identity: 'public.tmp' },
      { kind: 'column', identity: 'public.tmp.a', of: 'public.tmp', type: 'text' },
      { kind: 'column', identity: 'public.tmp.b', of: 'public.tmp', type: 'text' },
      { kind: 'other', identity: 'cast (a AS b)', class: 'cast', definition: 'e i' },
    ],
    [
      job,
      column('attempts', { notNull: true, default: '0' }),
      column('status', { notNull: true, default: "'queued'::text" }),
      view('SELECT id,\n  title\n FROM public.job\n WHERE a;'),
    ],
  )
  expect(text).toBe(`production is not equal to head: 6 differences.

structure
  extra    table public.tmp with 2 columns
  missing  column public.job.attempts: integer, not null, default 0
           otherwise equal to the extra column public.job.tries
  extra    column public.job.tries: integer, not null, default 0
           otherwise equal to the missing column public.job.attempts

integrity
  changed  column public.job.status
           not null
             production: no
             head: yes
           default
             production: (none)
             head: 'queued'::text
           comment
             production: x
             head: (none)

behaviour
  changed  view public.v
           definition (- production, + head)
               SELECT id,
             -   name
             +   title
                FROM public.job
                WHERE a;
  extra    cast (a AS b): definition e i
`)
})

test('a name cannot speak to the terminal', () => {
  const evil: CatalogObject = {
    kind: 'table',
    identity: 'public."\u001b[2Jx\u202e"',
    comment: '\u0007',
  }
  const text = render([evil], [{ ...evil, comment: '\u0008\nx' }]) + render([evil], [])
  expect(text).toContain('public."\\u{1b}[2Jx\\u{202e}"')
  expect(text).not.toMatch(/[^\P{C}\n]/u)
})

test('of grants only those are said that the other side lacks', () => {
  const job: CatalogObject = {
    kind: 'table',
    identity: 'public.job',
    grants: ['app: SELECT', 'old: ALL'],
  }
  const text = render([{ ...job, grants: ['app: SELECT', 'web: SELECT'] }], [job])
  expect(text).toContain(`grants
             only production: web: SELECT
             only head: old: ALL
`)
  expect(text).not.toContain('app')
  expect(render([job], [{ kind: 'table', identity: 'public.job' }])).toContain(
    'only production: old',
  )
})
