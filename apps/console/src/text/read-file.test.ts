import { expect, test } from 'vitest'
import { readTextFile } from './read-file.ts'

test('a file is read as the text that it is, without its byte order mark', async () => {
  const text = '# Limits\n🚀 -20 °C\n'
  expect(await readTextFile(new File([text], 'a.md'))).toBe(text)
  expect(await readTextFile(new File(['\uFEFF', text], 'a.md'))).toBe(text)
})

test.each([
  ['a PDF', [new Uint8Array([0x25, 0x50, 0x44, 0x46, 0xff, 0xfe])], 'a.pdf is not a text in UTF-8'],
  ['a program', ['ELF\0'], 'a.pdf is not a text in UTF-8'],
  ['a huge file', ['x'.repeat(8_000_001)], 'a.pdf has 8,000,001 bytes'],
])('%s is refused before anything of it is shown or sent', async (_, parts, words) => {
  await expect(readTextFile(new File(parts, 'a.pdf'))).rejects.toThrow(words)
})
