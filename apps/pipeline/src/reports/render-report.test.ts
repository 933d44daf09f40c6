import * as fc from 'fast-check'
import markdownIt from 'markdown-it'
import { expect, test } from 'vitest'
import { renderReport, type ReportedFact } from './render-report.ts'

const fact = (change: Partial<ReportedFact> = {}): ReportedFact => ({
  group: 'docs',
  type: 'pricing',
  data: { unit: 'USD', value: 5 },
  quote: 'Costs $5.',
  confidence: 0.8,
  source: { uri: 'https://docs.test/a_b', title: 'Plans' },
  ...change,
})

test('a report groups its facts, counts them, and names their sources', () => {
  const legacy = fact({
    group: 'old',
    quote: null,
    confidence: null,
    source: { uri: 'doc:2', title: null },
  })
  const facts = [
    fact(),
    fact({ type: 'limit', quote: 'At most 10 GB.', data: { statement: 'At most 10 GB.' } }),
    legacy,
  ]
  expect(renderReport({ title: 'All of it', facts, total: 5 })).toBe(`# All of it

5 facts from 2 sources in 2 groups.
The report shows the first 3; 2 are left out.

## docs

### pricing (1)

- “Costs $5.” (unit: USD, value: 5; confidence 0.80; source 1)

### limit (1)

- “At most 10 GB.” (confidence 0.80; source 1)

### Sources

1. Plans, https\\://docs.test/a\\_b

## old

### pricing (1)

- unit: USD, value: 5 (source 1)

### Sources

1. doc\\:2
`)
})

/** As a reader may be set up: with HTML, and with links made of what looks like one. */
const render = markdownIt({ html: true, linkify: true })
const NASTY = [
  '<script>alert(1)</script>',
  '[x](javascript:alert(1))',
  '![x](https://evil.test/pixel)',
  'https://evil.test www.evil.test a@evil.test',
  'https: //evil.test mailto:a@evil.test ftp://evil.test xmpp:a@evil.test',
  '\n\n# heading\n\n- item\n```\ncode',
  '| a | b |\n|---|---|',
  '- item',
  '+ item',
  '1. item',
  '---',
  '&lt;b&gt; \\<b> &#60;b&#62;',
  '\u202eevil',
]
const text = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'grapheme' })))
  .map((parts) => parts.join(' '))

test('foreign text is shown and does nothing', () => {
  fc.assert(
    fc.property(text, text, text, (quote, group, name) => {
      const facts = [
        fact({
          quote,
          group,
          type: name,
          data: { [name]: quote },
          source: { uri: name, title: group },
        }),
      ]
      const html = render.render(renderReport({ title: name, facts, total: 1 }))
      const tags = new Set([...html.matchAll(/<(\w+)/g)].map(([, tag]) => tag))
      expect(
        [...tags].filter((tag) => !'h1 h2 h3 p ul ol li'.split(' ').includes(tag ?? '')),
      ).toEqual([])
      expect(html.match(/<h[1-3]/g)?.length).toBe(4)
      expect(html.match(/<li>/g)?.length).toBe(2)
    }),
  )
})
