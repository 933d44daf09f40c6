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
  service.addRule('cheap tables', { filter: makeCheap, replacement: () => '' })
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

/**
 * Says of no element that it is for this rule, but turndown asks before it reads what is in the element. The plugin asks a
 * table for its rows again for each row, which takes minutes where there are thousands, so they are listed once. A cell
 * is as wide as it says, so that one attribute makes gigabytes: HTML allows no more than these columns.
 */
function makeCheap(node: object): false {
  const element = node as TableElement
  if (element.nodeName === 'TABLE')
    Object.defineProperty(element, 'rows', { value: Array.from(element.rows) })
  if (Number(element.getAttribute('colspan')) > MOST_COLUMNS)
    element.setAttribute('colspan', String(MOST_COLUMNS))
  return false
}

const MOST_COLUMNS = 1000

type TableElement = {
  readonly nodeName: string
  readonly rows: ArrayLike<object>
  getAttribute(name: string): string | null
  setAttribute(name: string, value: string): void
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
