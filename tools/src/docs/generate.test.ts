import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GENERATED } from './generate.ts'
import { ROOT } from '../root.ts'

test.each(Object.entries(GENERATED))('%s is what the code says', async (path, generate) => {
  const text = await generate()
  expect(text.split('\n').length).toBeGreaterThan(15)
  await expect(text).toMatchFileSnapshot(join(ROOT, path))
})
