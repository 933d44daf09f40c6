import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { screen } from './screen.ts'

test('the README shows the screen that a start prints', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  const shown = screen({
    url: 'http://127.0.0.1:8000',
    apiKey: 'kQ3vX8mT1wZr5yLbN0sDfGh2JcUe7PaR',
    database: {
      url: 'postgresql://postgres:0c4f6b1d8e2a4975b3d1f06a9c7e5d28@127.0.0.1:38145/techfacts',
      isEmbedded: true,
    },
  })
  expect(readme).toContain(`$ npx -y pnpm@12 start\n${shown}\`\`\``)
})
