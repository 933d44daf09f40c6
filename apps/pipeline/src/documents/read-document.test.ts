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

test('a PDF becomes its text; what is none is refused for good', async () => {
  expect(await read('application/pdf', pdfOf('Costs $5 per month.'))).toEqual({
    title: undefined,
    text: 'Costs $5 per month.',
  })
  expect(await read('application/pdf', 'no PDF')).toHaveProperty('refusal')
  expect(await read('image/png', 'x')).toEqual({ refusal: 'The type image/png is not read.' })
})

/** A PDF of one page with one line. */
function pdfOf(line: string): Uint8Array {
  const stream = `BT /F1 12 Tf 72 720 Td (${line}) Tj ET`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  let text = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const offset = text.length
    text += `${index + 1} 0 obj\n${object}\nendobj\n`
    return String(offset).padStart(10, '0')
  })
  const table = offsets.map((offset) => `${offset} 00000 n \n`).join('')
  return new TextEncoder().encode(
    `${text}xref\n0 6\n0000000000 65535 f \n${table}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF`,
  )
}
