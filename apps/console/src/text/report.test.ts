import { expect, test } from 'vitest'
import { readReport } from './report.ts'

test('a report is read by what the pipeline writes, without the title that the page has', () => {
  const markdown = String.raw`# Limits

2 facts from 1 source in 1 group.

## Acme \& Sons

### requirement (2)

- “Node.js &gt;= 20” (confidence 0.95; source 1)
- “\<b\> &amp;lt; \\ \_x\_” (source 2)

### Sources

1. \# Plans, https\:/\/docs.test/a\_b
2. doc\:2
`
  expect(readReport(markdown)).toEqual([
    { kind: 'text', text: '2 facts from 1 source in 1 group.' },
    { kind: 'group', text: 'Acme & Sons' },
    { kind: 'type', text: 'requirement (2)' },
    {
      kind: 'facts',
      items: [
        '“Node.js >= 20” (confidence 0.95; source 1)',
        String.raw`“<b> &lt; \ _x_” (source 2)`,
      ],
    },
    { kind: 'type', text: 'Sources' },
    { kind: 'sources', items: ['# Plans, https://docs.test/a_b', 'doc:2'] },
  ])
})
