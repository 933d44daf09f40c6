import { join } from 'node:path/posix'

/** Something that a document names, and that must therefore exist. */
export type Mention = {
  readonly kind: 'command' | 'name' | 'package' | 'path'
  readonly text: string
}

const FENCE = /^( *)```(\w*)\n([^]*?)\n\1```$/gm
const SHELL_LANGUAGES = new Set(['sh', 'bash', 'shell', 'console'])
const CODE_SPAN = /`([^`\n]+)`/g
const LINK = /\]\((?!\w+:|#)([^)#\s]+)/g

/** A code span that is a command; `pnpm <script>` is a pattern of one. */
const COMMAND = /^(\w+=\S+ )*(pnpm|npx|migrate|node|turbo) [^<[…]/

/** `packages/db/src`, `./run`, `main.ts`, `*.db.test.ts`; no URL, no route, no placeholder. */
const PATH = /^(?![/@-])(?:[\w.@*-]+\/)*[\w.@*-]+\/?$/
const EXTENSION = /\.(json|md|sql|toml|ts|ya?ml)$/
const ROOT_FOLDER = /^(\.?\/)?(\.ci|\.github|apps|packages)\//

/** An environment variable or an error code: `DATABASE_URL`. */
const NAME = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/

/** What a Markdown document names, in its code spans, code blocks and links; links begin in its `folder`. */
export function mentionsInMarkdown(text: string, folder = ''): Mention[] {
  const blocks = [...text.matchAll(FENCE)].flatMap(([, , language = '', body = '']) =>
    SHELL_LANGUAGES.has(language) ? mentionsInShell(body) : mentionsInTree(body),
  )
  const prose = text.replaceAll(FENCE, '')
  const spans = [...prose.matchAll(CODE_SPAN)].flatMap(([, span = '']) => mentionsInSpan(span))
  const links = [...prose.matchAll(LINK)].map(([, target = '']) =>
    pathMention(join(folder, target)),
  )
  return [...blocks, ...spans, ...links]
}

/** What a shell script names. Where lines begin with the prompt `$ `, the others are output. */
export function mentionsInShell(text: string): Mention[] {
  const lines = text.replaceAll(/\\\n\s*/g, ' ').split('\n')
  const prompts = lines.filter((line) => line.startsWith('$ '))
  const commands = (prompts.length > 0 ? prompts.map((line) => line.slice(2)) : lines)
    .map((line) => line.replace(/(^|\s)#.*/, '').trim())
    .filter((line) => line !== '')
  return commands.flatMap((text) => [
    { kind: 'command', text } satisfies Mention,
    ...text
      .split(/\s+/)
      .filter((word) => ROOT_FOLDER.test(word))
      .flatMap(mentionsInWord),
  ])
}

/** A picture of a folder: the first word of a line may be a path. */
function mentionsInTree(text: string): Mention[] {
  return text
    .split('\n')
    .flatMap((line) =>
      line
        .replace(/^[\s│├└─|+`-]+/, '')
        .split(/\s/)
        .slice(0, 1),
    )
    .filter(looksLikePath)
    .map(pathMention)
}

function mentionsInSpan(span: string): Mention[] {
  return COMMAND.test(span) ? mentionsInShell(span) : mentionsInWord(span)
}

function mentionsInWord(text: string): Mention[] {
  if (NAME.test(text)) return [{ kind: 'name', text }]
  if (/^@[\w-]+\/[\w/-]+$/.test(text)) return [{ kind: 'package', text }]
  return looksLikePath(text) ? [pathMention(text)] : []
}

function looksLikePath(word: string): boolean {
  return PATH.test(word) && (EXTENSION.test(word) || word.endsWith('/') || ROOT_FOLDER.test(word))
}

function pathMention(text: string): Mention {
  return { kind: 'path', text: text.replace(/^\.\//, '') }
}
