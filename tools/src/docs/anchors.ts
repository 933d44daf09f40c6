import { dirname, join } from 'node:path/posix'

const LINK = /\]\((?!\w+:)([^)#\s]*)#([^)\s]+)\)/g
const FENCE = /^```[^]*?^```$/gm

/** The links of a document to headings that do not exist, in it or in another one. */
export async function deadAnchors(
  path: string,
  read: (path: string) => Promise<string>,
): Promise<string[]> {
  const text = await read(path)
  const links = [...text.matchAll(LINK)].map(async ([, file = '', anchor = '']) => {
    const target = file === '' ? path : join(dirname(path), file)
    const there = listAnchors(await read(target)).includes(anchor)
    return there ? [] : [`${path}: no heading ${target}#${anchor}`]
  })
  return (await Promise.all(links)).flat()
}

/** What GitHub calls the headings of a document. */
function listAnchors(markdown: string): string[] {
  return [...markdown.replaceAll(FENCE, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
