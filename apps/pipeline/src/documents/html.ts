import { gfm } from '@joplin/turndown-plugin-gfm'
import TurndownService from 'turndown'
import { limitNesting } from './limit-nesting.ts'
import { toStorable, type TextDocument } from './text-document.ts'

/**
 * An HTML page as markdown. Headings stay headings and tables keep their header rows; what no reader
 * sees, and the navigation, is left out.
 */
export function readHtml(html: string): TextDocument {
  const service = new TurndownService({
    headingStyle: 'atx',
    codeBlockStyle: 'fenced',
    bulletListMarker: '-',
  })
  service.use(gfm)
  service.remove([
    'title',
    'script',
    'style',
    'nav',
    'noscript',
    'template',
    'iframe',
    'object',
    'canvas',
  ])
  service.remove((node) => node.nodeName.toLowerCase() === 'svg')
  service.addRule('images', { filter: 'img', replacement: (_, node) => altOf(node) })
  // Backslashes inside a sentence would become part of its quote.
  service.escape = (text) => text.replace(/^(\s*)([#>+*-]|\d+\.)(?=\s)/, '$1\\$2')
  const title = findTitle(html)
  return { title, text: toStorable(service.turndown(limitNesting(html))).trim() }
}

function altOf(node: object): string {
  return (node as { getAttribute(name: string): string | null }).getAttribute('alt') ?? ''
}

/** The first 10,000 characters are enough for the head of a page. */
function findTitle(html: string): string | undefined {
  const [, title = ''] =
    /<title[^<>]{0,200}>([^<]{0,1000})<\/title>/i.exec(html.slice(0, 10_000)) ?? []
  const text = decodeEntities(title).replaceAll(/\s+/g, ' ').trim()
  return text === '' ? undefined : toStorable(text)
}

function decodeEntities(text: string): string {
  return new TurndownService().turndown(`<p>${text}</p>`).replaceAll('\\', '')
}
