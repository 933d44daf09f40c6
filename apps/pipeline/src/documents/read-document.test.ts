import { expect, test } from 'vitest'
import { readDocument } from './read-document.ts'

const read = (contentType: string, text: string | Uint8Array) =>
  readDocument({
    contentType,
    bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text,
  })

test('a page becomes markdown: headings and tables with their headers stay, the rest of a page goes', async () => {
  const page = `<!doctype html><html><head><title>Plans &amp; prices</title><style>p {}</style></head><body>
    <nav><a href="/">Home</a></nav><script>alert(1)</script><h1>Plans</h1>
    <table><thead><tr><th>Plan</th><th>Price</th></tr></thead>
    <tbody><tr><td>Pro_max</td><td>$5</td></tr></tbody></table>
    <h2>Limits</h2><ul><li>10 GB</li></ul><p>Costs <b>$5</b>.<img src="data:image/png;base64,AAAA" alt="chart"></p>
    </body></html>`
  expect(await read('text/html; charset=utf-8', page)).toEqual({
    title: 'Plans & prices',
    text: [
      '# Plans',
      '',
      '| Plan | Price |',
      '| --- | --- |',
      '| Pro_max | $5  |',
      '',
      '## Limits',
      '',
      '-   10 GB',
      '',
      'Costs **$5**.chart',
    ].join('\n'),
  })
})

test('a text is read in its charset, and holds nothing that cannot be stored', async () => {
  const latin = new Uint8Array([...Buffer.from('20 '), 0xb0, ...Buffer.from('C\u0000')])
  expect(await read('text/plain; charset=iso-8859-1', latin)).toMatchObject({ text: '20 °C' })
  const page = new Uint8Array([
    ...Buffer.from('<meta charset="latin1"><p>'),
    0xe9,
    ...Buffer.from('</p>'),
  ])
  expect(await read('text/html', page)).toMatchObject({ text: 'é' })
  expect(await read('text/plain; charset=no-such', 'é')).toMatchObject({ text: 'é' })
})

test('a PDF becomes its text, however deep its tree of pages is; what is none is refused for good', async () => {
  expect(await read('application/pdf', pdfOf('Costs $5 per month.'))).toEqual({
    title: undefined,
    text: 'Costs $5 per month.',
  })
  expect(await read('application/pdf', pdfOf('Costs $5 per month.', 20_000))).toMatchObject({
    text: 'Costs $5 per month.',
  })
  expect(await read('application/pdf', 'no PDF')).toHaveProperty('refusal')
  expect(await read('image/png', 'x')).toEqual({ refusal: 'The type image/png is not read.' })
})

/** Several times what the stack bears where each element is read within the one around it. */
const DEEP = 5000

/** The words of a page, without what markdown marks them with. */
async function wordsOf(html: string): Promise<string> {
  const found = await read('text/html', html)
  if ('refusal' in found) return found.refusal
  return (found.text.replaceAll('<br>', ' ').match(/[\p{L}$][\p{L}\d]*|\d+(?= )/gu) ?? []).join(' ')
}

test.each([
  ['elements', '<div>', '</div>'],
  ['sections that are not closed', '<section>', ''],
  ['marks', '<span>', '</span>'],
  ['bold marks that are not closed', '<b>', ''],
  ['lists', '<ul><li>', '</li></ul>'],
  ['lists that are not closed', '<ul><li>', ''],
  ['tables', '<table><tr><td>', '</td></tr></table>'],
  ['tables that are not closed', '<table><tr><td>', ''],
  ['quotes', '<blockquote>', '</blockquote>'],
  ['code', '<pre>', '</pre>'],
  ['groups', '<fieldset>', '</fieldset>'],
  ['elements with > in their attributes', '<div title=">"><p class=\'"\'>', '</p></div>'],
])('a page of 5,000 %s in each other is read', async (_, start, end) => {
  const inner = `${start.repeat(DEEP)}Keeps <i>10</i> GB.${end.repeat(DEEP)}`
  expect(await wordsOf(`<p>Costs $5.</p>${inner}<p>Needs TLS.</p>`)).toBe(
    'Costs $5 Keeps 10 GB Needs TLS',
  )
})

test('a page of 20,000 elements is read too: more costs more time, and the time has its bound', async () => {
  expect(await wordsOf(`${'<div>'.repeat(20_000)}Costs $5.`)).toBe('Costs $5')
})

test('what only looks like tags is left alone, and what is nested as people nest it stays', async () => {
  const looks = '<div>'.repeat(50)
  const page = [
    `<!-- ${looks} --><script>"${looks}"</script><STYLE>${looks}</Style><p title="${looks}" class=a">`,
    `1 < 2 <3 ${'<div>'.repeat(10)}<ul><li>a<ul><li>b</ul></ul>`,
  ].join('')
  expect(await read('text/html', page)).toMatchObject({
    text: '1 < 2 <3\n\n-   a\n    -   b',
  })
  const words = await wordsOf(`${'<div>'.repeat(100)}<b>one</b>two<section>three</section>four`)
  expect(words).toBe('onetwo three four')
})

test('a table of 5,000 rows, a megabyte in one attribute and a cell of a billion columns are read', async () => {
  const rows = '<tr><td>a</td><td>b</td></tr>'.repeat(DEEP)
  const found = await read('text/html', `<table>${rows}</table>`)
  expect('text' in found && found.text.split('\n').length).toBeGreaterThan(DEEP)
  expect(await wordsOf(`<p title="${'<'.repeat(1_000_000)}">Costs $5.`)).toBe('Costs $5')
  const wide = '<table><tr><td colspan="1000000000">Costs $5.</td><td>b</td></tr></table>'
  expect(await wordsOf(wide)).toBe('Costs $5 b')
})

test(
  'what is nested too deeply in another way is refused for good, in one sentence',
  { tags: 'long' },
  async () => {
    // A parser does not end an attribute here.
    const hidden = `<p ="${'<div>'.repeat(DEEP)}Costs $5.`
    expect(await read('text/html', hidden)).toEqual({
      refusal: 'The document is nested too deeply to be read.',
    })
  },
)

/** A PDF of one page with one line, so many levels deep in the tree of pages. */
function pdfOf(line: string, depth = 1): Uint8Array {
  const stream = `BT /F1 12 Tf 72 720 Td (${line}) Tj ET`
  const nodes = Array.from({ length: depth }, (_, level) => {
    const kid = level === depth - 1 ? 2 : level + 6
    return `<< /Type /Pages /Kids [${kid} 0 R] /Count 1 >>`
  })
  const objects = [
    '<< /Type /Catalog /Pages 5 0 R >>',
    `<< /Type /Page /Parent ${depth + 4} 0 R /MediaBox [0 0 612 792] /Contents 3 0 R /Resources << /Font << /F1 4 0 R >> >> >>`,
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...nodes,
  ]
  let text = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const offset = text.length
    text += `${index + 1} 0 obj\n${object}\nendobj\n`
    return String(offset).padStart(10, '0')
  })
  const table = offsets.map((offset) => `${offset} 00000 n \n`).join('')
  return new TextEncoder().encode(
    `${text}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF`,
  )
}
